using System.Text;
using System.Text.RegularExpressions;

namespace ZephyrML.Teacher;

/// <summary>
/// Repairs the capitals of English-like text that was written without any, or in nothing else (the Zephyr paper, section 4: truecasing; about 5% of UltraChat needed it).
/// Text with ordinary capitals, short text, and what looks like code stay as they are.
/// </summary>
internal static partial class Truecaser
{
    private const int FewestLetters = 20;

    private static readonly string[] Names =
    [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "april", "june", "july", "september", "october", "november", "december",
        "english", "french", "german", "spanish", "italian", "portuguese", "russian", "chinese", "japanese", "korean", "arabic", "hindi", "latin", "greek", "dutch", "swedish", "american", "british",
        "european", "african", "asian", "canadian", "australian", "indian", "america", "europe", "africa", "asia", "australia", "england", "britain", "france", "germany", "spain", "italy", "russia",
        "canada", "brazil", "mexico", "egypt", "japan", "korea", "india", "london", "paris", "berlin", "rome", "tokyo", "moscow", "beijing", "internet", "christmas", "shakespeare", "einstein", "google",
    ];

    private static readonly HashSet<string> Capitalised = [.. Names];

    /// <summary>The text with its capitals repaired; the same object where there is nothing to do.</summary>
    public static string Apply(string text)
    {
        var (upper, lower) = (0, 0);
        foreach (var c in text)
        {
            upper += char.IsUpper(c) ? 1 : 0;
            lower += char.IsLower(c) ? 1 : 0;
        }
        if (upper + lower < FewestLetters || (upper > 0 && lower * 10 > upper) || Code().IsMatch(text))
            return text;
        var result = new StringBuilder(upper > 0 ? text.ToLowerInvariant() : text);
        foreach (Match word in Word().Matches(result.ToString()))
        {
            if (word.Value == "i" || Capitalised.Contains(word.Value) || (word.Value.EndsWith("'s", StringComparison.Ordinal) && Capitalised.Contains(word.Value[..^2]))
                || word.Value is "i'm" or "i've" or "i'll" or "i'd" || StartsSentence(text, word.Index))
                result[word.Index] = char.ToUpperInvariant(result[word.Index]);
        }
        return result.ToString();
    }

    /// <summary>Whether a word stands at the start of the text, of a line (behind its bullet), or behind the end of a sentence.</summary>
    private static bool StartsSentence(string text, int at)
    {
        var (i, apart) = (at - 1, false);
        for (; i >= 0 && text[i] is ' ' or '\t' or '"' or '\'' or '(' or ')' or '[' or ']' or '“' or '”' or '‘' or '*' or '-' or '#' or '>' or '•'; i--)
            apart |= text[i] is ' ' or '\t';
        if (i < 0 || text[i] is '\n' or '\r')
            return true;
        return apart && (text[i] is '!' or '?' || (text[i] == '.' && (i == 0 || text[i - 1] != '.') && !Abbreviation().IsMatch(text[Math.Max(0, i - 8)..i])));
    }

    [GeneratedRegex(@"```|</|=>|\{|\};?|\(\)|[;{]\s*$| = |\w_\w|\w\.\w+\(|https?:|www\.", RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@"[\p{Ll}][\p{L}\p{M}'’]*")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?:^|[^\p{L}])(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|prof|st|no|approx|\p{L})$", RegexOptions.IgnoreCase)]
    private static partial Regex Abbreviation();
}
