using System.Text;
using System.Text.RegularExpressions;

namespace ZephyrML.Teacher;

/// <summary>
/// Has a teacher play the user of a dialogue, as in UltraChat (arXiv 2305.14233: two models talk, one in the user's place), and reads what it says. A message is stripped of
/// labels and opening thanks, which UltraChat's own post-processing removes too.
/// </summary>
public static partial class UserTurnPrompt
{
    private const string Open = "Below is a conversation of a person with an assistant.\n\n", Close = "Write what the person says next";

    /// <summary>The system message.</summary>
    public const string System = "You play a person who talks with an assistant. You never speak as the assistant.";

    /// <summary>The user message.</summary>
    /// <param name="turns">The conversation so far; a system turn is not shown.</param>
    public static string Render(IReadOnlyList<DialogueTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        var text = new StringBuilder(Open);
        foreach (var turn in turns.Where(t => t.Role != "system"))
            text.Append('<').Append(turn.Role).Append(">\n").Append(turn.Content).Append("\n</").Append(turn.Role).Append(">\n\n");
        return text.Append(Close).Append(": a message that goes on from the last answer (asks for more, questions something in it, or turns to a related matter), in the same language, short, ")
            .Append("and in the person's own voice. No thanks, no farewell, no answer of your own. Write that message and nothing else.").ToString();
    }

    /// <summary>Reads what <see cref="Render"/> wrote: for teachers that are programs. False where the text is something else.</summary>
    public static bool TryRead(string userMessage, out IReadOnlyList<DialogueTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(userMessage);
        turns = [];
        if (!userMessage.StartsWith(Open, StringComparison.Ordinal) || userMessage.LastIndexOf(Close, StringComparison.Ordinal) is not (> 0 and var end))
            return false;
        turns = [.. Turn().Matches(userMessage[Open.Length..end]).Select(m => new DialogueTurn(m.Groups[1].Value, m.Groups[2].Value))];
        return turns.Count > 0;
    }

    /// <summary>The user's turn in a reply; empty where there is none, or where the model fell out of its part.</summary>
    public static string Parse(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var text = reply.Trim();
        if (Assistant().IsMatch(text))
            return "";
        text = Label().Replace(text, "");
        if (text.Length > 1 && (text[0], text[^1]) is ('"', '"') or ('“', '”') or ('「', '」') && text.IndexOf(text[^1], 1) == text.Length - 1)
            text = text[1..^1].Trim();
        text = Thanks().Replace(text, "").Trim();
        return Farewell().IsMatch(text) || Refusals.IsRefusal(text) ? "" : text;
    }

    [GeneratedRegex(@"<(user|assistant)>\n(.*?)\n</\1>\n\n", RegexOptions.Singleline)]
    private static partial Regex Turn();

    [GeneratedRegex(@"^\W*(?:assistant|ai|助手|助理)\W*[:：]", RegexOptions.IgnoreCase)]
    private static partial Regex Assistant();

    [GeneratedRegex(@"^(?:</?user>\s*|[*_#\s]*(?:user|person|human|用户|人)[*_\s]*[:：][*_\s]*)|\s*</user>$", RegexOptions.IgnoreCase)]
    private static partial Regex Label();

    [GeneratedRegex(@"^(?:(?:(?:ok|okay|great|wow|perfect)[,.!]* )?(?:many |so |oh )?thank(?:s| you)\b[^.!?\n]*[.!]+(?:\s+|$)|(?:非常|十分)?(?:谢谢|感谢)[^。！？\n]*[。！]\s*)+", RegexOptions.IgnoreCase)]
    private static partial Regex Thanks();

    [GeneratedRegex(@"^\W*(?:good ?bye|bye|see you|that(?:'s| is) all|have a (?:nice|great|good) \w+|再见)[^?？]{0,40}$", RegexOptions.IgnoreCase)]
    private static partial Regex Farewell();
}
