using System.Text.RegularExpressions;

namespace ZephyrML.LanguageModels;

/// <summary>
/// The alternatives that split patterns of byte-level BPE models are made of, written out by hand: a rule takes a text and a place and says where its match ends, or -1.
/// They work on code points (a .NET regular expression does not) and in linear time.
/// </summary>
internal static class SplitRules
{
    public delegate int Rule(ReadOnlySpan<char> text, int at);

    private const int MostScanned = 64;
    private static readonly string[] Contractions = ["s", "t", "re", "ve", "m", "ll", "d"];

    private static readonly Dictionary<string, Rule> Known = new()
    {
        [@"(?i:'s|'t|'re|'ve|'m|'ll|'d)"] = Contraction,
        [@"'(?i:[sdmt]|ll|ve|re)"] = Contraction,
        [@"[^\r\n\p{L}\p{N}]?\p{L}+"] = AnyThenLetters,
        [@"[^\r\n\p{L}\p{N}]?+\p{L}+"] = AnyThenLetters,
        [@"\p{L}+"] = (text, at) => Run(text, at, CharClasses.Letter),
        [@" ?\p{L}+"] = (text, at) => SpaceThen(text, at, CharClasses.Letter),
        [@" ?\p{N}+"] = (text, at) => SpaceThen(text, at, CharClasses.Number),
        [@"\p{N}"] = (text, at) => Run(text, at, CharClasses.Number, 1),
        [@"\p{N}{1,3}"] = (text, at) => Run(text, at, CharClasses.Number, 3),
        [@"\p{N}+"] = (text, at) => Run(text, at, CharClasses.Number),
        [@" ?[^\s\p{L}\p{N}]+"] = (text, at) => SpaceThen(text, at, CharClasses.Other),
        [@" ?[^\s\p{L}\p{N}]+[\r\n]*"] = OthersThenLineBreaks,
        [@" ?[^\s\p{L}\p{N}]++[\r\n]*"] = OthersThenLineBreaks,
        [@"\s*[\r\n]+"] = SpacesToLineBreak,
        [@"\s*[\r\n]"] = SpacesToLineBreak,
        [@"\s+(?!\S)"] = SpacesBeforeSpace,
        [@"\s+"] = (text, at) => Run(text, at, CharClasses.Space),
    };

    /// <summary>The rule of one alternative as it stands in a pattern, or null if it is not known.</summary>
    public static Rule? Find(string alternative)
    {
        if (Known.TryGetValue(alternative, out var rule))
            return rule;
        if (Regex.Match(alternative, @"^([^\w\\.^$|?*+()\[\]{}])(?:\+|\{([0-9]{1,4}),([0-9]{0,4})\})$") is { Success: true } run)
            return Repeated(run.Groups[1].Value[0], Count(run.Groups[2].Value, 1), Count(run.Groups[3].Value, int.MaxValue));
        return IsQuoted(alternative) ? (text, at) => Quoted(text, at, [alternative[1..]]) : null;
    }

    /// <summary>The rules of all alternatives of a pattern; null where one is not known, or where they could take quadratic time together.</summary>
    public static Rule[]? FindAll(string pattern)
    {
        var alternatives = Alternatives(pattern).ToList();
        // A run of blanks without a line break is gone through from each of its places, unless it is taken as a whole in the end.
        var spaces = alternatives.FindIndex(a => Find(a) == SpacesToLineBreak);
        if (spaces >= 0 && !alternatives.Skip(spaces).Contains(@"\s+"))
            return null;
        var rules = new List<Rule>();
        for (var i = 0; i < alternatives.Count;)
        {
            var endings = alternatives.Skip(i).TakeWhile(IsQuoted).Select(a => a[1..]).ToArray();
            if (endings.Length > 0)
                rules.Add((text, at) => Quoted(text, at, endings));
            else if (Find(alternatives[i]) is { } rule)
                rules.Add(rule);
            else
                return null;
            i += Math.Max(1, endings.Length);
        }
        return [.. rules];
    }

    // 's and the like, several in a row.
    private static bool IsQuoted(string alternative) => alternative.Length > 1 && alternative[0] == '\'' && alternative.AsSpan(1).IndexOfAnyExceptInRange('a', 'z') < 0;

    private static int Quoted(ReadOnlySpan<char> text, int at, string[] endings)
    {
        if (text[at] != '\'')
            return -1;
        foreach (var ending in endings)
        {
            if (text[(at + 1)..].StartsWith(ending))
                return at + 1 + ending.Length;
        }
        return -1;
    }

    // Cuts at the bars outside of brackets.
    private static IEnumerable<string> Alternatives(string pattern)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    break;
                case '(' or '[':
                    depth++;
                    break;
                case ')' or ']':
                    depth--;
                    break;
                case '|' when depth == 0:
                    yield return pattern[start..i];
                    start = i + 1;
                    break;
            }
        }
        yield return pattern[start..];
    }

    // A run of one character, such as two and more spaces.
    private static Rule? Repeated(char character, int least, int most) => least < 1 || least > MostScanned || most < least ? null : (text, at) =>
    {
        var end = at;
        while (end < text.Length && end - at < most && text[end] == character)
            end++;
        return end - at >= least ? end : -1;
    };

    private static int Count(string digits, int otherwise) => digits.Length == 0 ? otherwise : int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);

    private static int Run(ReadOnlySpan<char> text, int at, byte classes, int most = int.MaxValue)
    {
        var end = at;
        while (end < text.Length && most-- > 0)
        {
            var codePoint = CharClasses.At(text, end);
            if (!CharClasses.Is(codePoint, classes))
                break;
            end += CharClasses.Length(codePoint);
        }
        return end > at ? end : -1;
    }

    private static int SpaceThen(ReadOnlySpan<char> text, int at, byte classes) => Run(text, text[at] == ' ' ? at + 1 : at, classes);

    private static int AnyThenLetters(ReadOnlySpan<char> text, int at)
    {
        var first = CharClasses.At(text, at);
        if (!CharClasses.IsLetter(first) && !CharClasses.IsNumber(first) && first is not ('\r' or '\n'))
            at += CharClasses.Length(first);
        return Run(text, at, CharClasses.Letter);
    }

    private static int OthersThenLineBreaks(ReadOnlySpan<char> text, int at)
    {
        var end = SpaceThen(text, at, CharClasses.Other);
        while (end >= 0 && end < text.Length && text[end] is '\r' or '\n')
            end++;
        return end;
    }

    // \s* gives back until a line break follows: the match ends behind the last line break of the run of spaces.
    private static int SpacesToLineBreak(ReadOnlySpan<char> text, int at)
    {
        var end = -1;
        for (var i = at; i < text.Length && CharClasses.IsSpace(text[i]); i++)
        {
            if (text[i] is '\r' or '\n')
                end = i + 1;
        }
        return end;
    }

    // \s+ gives back its last space where something else follows the run.
    private static int SpacesBeforeSpace(ReadOnlySpan<char> text, int at)
    {
        var end = Run(text, at, CharClasses.Space);
        if (end < 0 || end == text.Length)
            return end;
        return end - 1 > at ? end - 1 : -1;
    }

    // Case folding counts U+017F, the long s, as an s.
    private static int Contraction(ReadOnlySpan<char> text, int at)
    {
        if (text[at] != '\'')
            return -1;
        foreach (var ending in Contractions)
        {
            var rest = text[(at + 1)..];
            if (rest.StartsWith(ending, StringComparison.OrdinalIgnoreCase) || (ending == "s" && rest.Length > 0 && rest[0] == '\u017F'))
                return at + 1 + ending.Length;
        }
        return -1;
    }
}
