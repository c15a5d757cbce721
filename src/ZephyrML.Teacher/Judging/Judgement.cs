namespace ZephyrML.Teacher;

/// <summary>What a judge said.</summary>
/// <param name="Scores">A score for each candidate, in their order; NaN where there is none.</param>
public sealed record Judgement(float[] Scores)
{
    /// <summary>Every reply that the judge gave, the unparsable ones included, for diagnosis; empty where there is none to show.</summary>
    public IReadOnlyList<AspectReply> Replies { get; init; } = [];
}
