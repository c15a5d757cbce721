namespace ZephyrML.LanguageModels;

/// <summary>One decoder after the other.</summary>
internal sealed class DecoderSequence(IReadOnlyList<TokenDecoder> steps) : TokenDecoder
{
    /// <summary>The steps.</summary>
    public IReadOnlyList<TokenDecoder> Steps => steps;

    public override List<string> Apply(List<string> parts) => steps.Aggregate(parts, (current, step) => step.Apply(current));
}
