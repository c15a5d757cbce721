namespace ZephyrML.LanguageModels;

/// <summary>One normalizer after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<TextNormalizer> steps) : TextNormalizer
{
    public override NormalizedText Apply(NormalizedText text)
    {
        foreach (var step in steps)
            text = step.Apply(text);
        return text;
    }
}
