namespace ZephyrML.LanguageModels;

/// <summary>One post-processor after the other.</summary>
internal sealed class PostProcessorSequence(IReadOnlyList<PostProcessor> steps) : PostProcessor
{
    /// <summary>The steps.</summary>
    public IReadOnlyList<PostProcessor> Steps => steps;

    public override IReadOnlyList<TokenList> Apply(IReadOnlyList<TokenList> parts, bool addSpecialTokens)
        => steps.Aggregate(parts, (current, step) => step.Apply(current, addSpecialTokens));

    public override int CountAdded(int texts) => steps.Sum(s => s.CountAdded(texts));
}
