namespace ZephyrML.LanguageModels;

/// <summary>Cuts blanks off the offsets of byte-level tokens.</summary>
/// <param name="trims">Whether it does.</param>
/// <param name="sparesPrefix">Whether the one blank at the very start stays: it may be the prefix space.</param>
internal sealed class ByteLevelPostProcessor(bool trims, bool sparesPrefix) : PostProcessor
{
    private const char Space = 'Ġ';

    public override IReadOnlyList<TokenList> Apply(IReadOnlyList<TokenList> parts, bool addSpecialTokens)
    {
        if (!trims)
            return parts;
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Offsets.Count; i++)
                part.Offsets[i] = Trim(part.Texts[i], part.Offsets[i], i == 0);
        }
        return parts;
    }

    private (int Start, int End) Trim(string token, (int Start, int End) offsets, bool first)
    {
        var (start, end) = offsets;
        var leading = 0;
        while (leading < token.Length && IsBlank(token[leading]))
            leading++;
        var trailing = 0;
        while (trailing < token.Length && IsBlank(token[^(trailing + 1)]))
            trailing++;
        if (sparesPrefix && leading == 1 && (first || start == 0))
            leading = 0;
        start = Math.Min(start + leading, end);
        if (trailing > 0 && end >= trailing)
            end = Math.Max(end - trailing, start);
        return (start, end);
    }

    private static bool IsBlank(char c) => c == Space || CharClasses.IsSpace(c);
}
