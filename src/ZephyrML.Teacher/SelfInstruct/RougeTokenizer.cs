using System.Globalization;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>
/// rouge_score's tokens: lower case, runs of a to z and 0 to 9. A text that is mostly in a script without spaces (Chinese, Japanese, Thai …) has no such tokens;
/// there each letter of that script is a token too.
/// </summary>
internal static class RougeTokenizer
{
    public static List<string> Tokenize(string text)
    {
        var bySign = IsUnspaced(text);
        var tokens = new List<string>();
        var start = -1;
        text = text.Replace("\u0130", "i ", StringComparison.Ordinal).ToLowerInvariant();     // Python lowers it to i and a combining dot
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && char.IsAsciiLetterOrDigit(text[i]))
            {
                if (start < 0)
                    start = i;
                continue;
            }
            if (start >= 0)
                tokens.Add(text[start..i]);
            start = -1;
            if (bySign && i < text.Length && Rune.TryGetRuneAt(text, i, out var rune) && IsUnspaced(rune))
                tokens.Add(rune.ToString());
        }
        return tokens;
    }

    /// <summary>
    /// As <see cref="Tokenize"/>; but a text that is mostly in another script with spaces (Cyrillic, Greek, Arabic, Hangul …), in which rouge_score finds no tokens and so
    /// no likeness ever, is parted into runs of letters and digits.
    /// </summary>
    public static List<string> TokenizeAnyScript(string text)
    {
        if (!IsForeign(text) || IsUnspaced(text))
            return Tokenize(text);
        var tokens = new List<string>();
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            // a mark belongs to its letter, so to the word; so do both halves of a sign beyond 16 bits
            var inside = i < text.Length && (char.IsLetterOrDigit(text[i]) || char.IsSurrogate(text[i])
                || char.GetUnicodeCategory(text[i]) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
            if (inside && start < 0)
                start = i;
            if (inside || start < 0)
                continue;
            tokens.Add(text[start..i].ToLowerInvariant());
            start = -1;
        }
        return tokens;
    }

    /// <summary>Whether more than half of a text's letters belong to a script that is written without spaces.</summary>
    public static bool IsUnspaced(string text) => Mostly(text, IsUnspaced);

    /// <summary>Whether more than half of a text's letters are not Latin.</summary>
    public static bool IsForeign(string text) => Mostly(text, rune => rune.Value > 0x24F && rune.Value is not (>= 0x1E00 and <= 0x1EFF));

    /// <summary>Words as white space parts them; in a script without spaces a letter counts as a word.</summary>
    public static int CountWords(string text) => IsUnspaced(text)
        ? Tokenize(text).Count
        : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    private static bool Mostly(string text, Func<Rune, bool> isOne)
    {
        var (ones, letters) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Rune.IsLetter(rune))
                continue;
            letters++;
            if (isOne(rune))
                ones++;
        }
        return ones * 2 > letters;
    }

    public static bool IsUnspaced(Rune rune) => rune.Value is
        (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF)               // Thai, Lao, Burmese, Khmer
        or (>= 0x3040 and <= 0x30FF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF)            // kana, Chinese characters
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);
}
