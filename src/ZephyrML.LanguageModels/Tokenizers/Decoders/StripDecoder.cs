namespace ZephyrML.LanguageModels;

/// <summary>Cuts up to so many of one character off the ends of each part.</summary>
internal sealed class StripDecoder(string character, int start, int stop) : TokenDecoder
{
    public override List<string> Apply(List<string> parts) => [.. parts.Select(Strip)];

    private string Strip(string part)
    {
        var (from, to) = (0, part.Length);
        for (var i = 0; i < start && part.AsSpan(from).StartsWith(character); i++)
            from += character.Length;
        for (var i = 0; i < stop && to > from && part.AsSpan(from, to - from).EndsWith(character); i++)
            to -= character.Length;
        return part[from..to];
    }
}
