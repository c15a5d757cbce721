namespace ZephyrML.LanguageModels;

/// <summary>Writes the mark that ends a word as a space, and nothing at the very end.</summary>
internal sealed class BpeDecoder(string suffix) : TokenDecoder
{
    public override List<string> Apply(List<string> parts) => [.. parts.Select((part, i) => part.Replace(suffix, i == parts.Count - 1 ? "" : " "))];
}
