using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A reply's text as it grows. What is given out never holds half a character, nor the beginning of what may become a stop string; all pieces together are the reply.
/// </summary>
internal sealed class ReplyText(LanguageModelTokenizer tokenizer, IReadOnlyList<string> stopStrings)
{
    private readonly StreamingDecoder _decoder = new(tokenizer);
    private readonly StringBuilder _held = new();

    /// <summary>Whether a stop string came: nothing is given out any more.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that is certain now; often empty.</returns>
    public string Add(int id) => Take(_decoder.Add(id), end: false);

    /// <summary>Ends the reply.</summary>
    /// <returns>What was held back.</returns>
    public string Finish() => Stopped ? "" : Take(_decoder.Finish(), end: true);

    private string Take(string added, bool end)
    {
        if (Stopped) return "";
        if (stopStrings.Count == 0) return added;
        string text = _held.Append(added).ToString();
        int stop = -1;
        foreach (string s in stopStrings)
            if (text.IndexOf(s, StringComparison.Ordinal) is >= 0 and var at && (stop < 0 || at < stop)) stop = at;
        _held.Clear();
        if (stop >= 0)
        {
            Stopped = true;
            return text[..stop];
        }
        if (end) return text;
        int held = stopStrings.Max(s => Overlap(text, s));
        _held.Append(text, text.Length - held, held);
        return text[..^held];
    }

    // The longest end of the text that begins the stop string.
    private static int Overlap(string text, string stop)
    {
        for (int n = Math.Min(text.Length, stop.Length - 1); n > 0; n--)
            if (text.AsSpan(text.Length - n).SequenceEqual(stop.AsSpan(0, n))) return n;
        return 0;
    }
}
