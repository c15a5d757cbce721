namespace ZephyrML.LanguageModels;

/// <summary>Puts all parts together.</summary>
internal sealed class FuseDecoder : TokenDecoder
{
    public override List<string> Apply(List<string> parts) => [string.Concat(parts)];
}
