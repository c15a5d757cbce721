using System.Globalization;
using System.Text.RegularExpressions;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Alternatives of split patterns that are not written out by hand, by .NET's expressions that never go back (NonBacktracking): a single match takes linear time on any text.
/// What such an expression cannot do, or .NET reads otherwise than Oniguruma does, is refused.
/// </summary>
internal static class SafeRegex
{
    /// <summary>Characters of the first plane that stand for those beyond it, by category: .NET's expressions see UTF-16 units.</summary>
    private static readonly Dictionary<UnicodeCategory, char> Representatives = Enumerable.Range(0xA0, 0xD7FF - 0xA0)
        .GroupBy(c => CharUnicodeInfo.GetUnicodeCategory((char)c))
        .ToDictionary(g => g.Key, g => (char)g.Last());

    /// <summary>The rule of an alternative, or null if it is refused.</summary>
    public static SplitRules.Rule? Find(string alternative)
    {
        if (alternative.Length == 0 || !IsPlain(alternative))
            return null;
        try
        {
            var regex = new Regex($@"\A(?:{alternative})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return (text, at) =>
            {
                foreach (var match in regex.EnumerateMatches(text[at..]))
                    return match.Length > 0 ? at + match.Length : -1;
                return -1;
            };
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>A text with one unit a character, and where in the text each unit starts; null where it is so already.</summary>
    public static (char[] Units, int[] Starts)? OneUnitEach(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            return null;
        var units = new char[text.Length];
        var starts = new int[text.Length + 1];
        var count = 0;
        for (var at = 0; at < text.Length; count++)
        {
            var codePoint = CharClasses.At(text, at);
            starts[count] = at;
            at += CharClasses.Length(codePoint);
            units[count] = codePoint <= 0xFFFF ? (char)codePoint : Representatives.GetValueOrDefault(CharUnicodeInfo.GetUnicodeCategory(codePoint), '\uE000');
        }
        starts[count] = text.Length;
        return (units[..count], starts);
    }

    // No anchors, no looking around, no references, no class operations.
    private static bool IsPlain(string alternative)
    {
        var inClass = false;
        for (var i = 0; i < alternative.Length; i++)
        {
            switch (alternative[i])
            {
                case '\\':
                    if (++i >= alternative.Length || (char.IsAsciiLetterOrDigit(alternative[i]) && !"pPsSdDwWrntfv".Contains(alternative[i])))
                        return false;
                    break;
                case '[' when inClass:
                    return false;
                case '[':
                    inClass = true;
                    break;
                case ']':
                    inClass = false;
                    break;
                case '&' when inClass && i + 1 < alternative.Length && alternative[i + 1] == '&':
                    return false;
                case '^' when !inClass:
                case '$' when !inClass:
                    return false;
                case '(' when !inClass && i + 1 < alternative.Length && alternative[i + 1] == '?'
                    && !alternative.AsSpan(i).StartsWith("(?:") && !alternative.AsSpan(i).StartsWith("(?i:"):
                    return false;
                case >= '\uD800' and <= '\uDFFF':
                    return false;
            }
        }
        return !inClass;
    }
}
