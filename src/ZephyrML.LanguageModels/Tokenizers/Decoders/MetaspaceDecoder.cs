namespace ZephyrML.LanguageModels;

/// <summary>Writes '▁' as a space, and leaves those of the first token out where one was put in front.</summary>
internal sealed class MetaspaceDecoder(char replacement, PrependScheme scheme) : TokenDecoder
{
    public override List<string> Apply(List<string> parts)
    {
        var result = new List<string>(parts.Count);
        foreach (var part in parts)
            result.Add(part.Replace(replacement.ToString(), result.Count == 0 && scheme != PrependScheme.Never ? "" : " "));
        return result;
    }
}
