namespace ZephyrML.LanguageModels;

/// <summary>What stands for a decoder where the file has none: tokens with a space between them.</summary>
internal sealed class SpacedDecoder : TokenDecoder
{
    public override List<string> Apply(List<string> parts) => [string.Join(' ', parts)];
}
