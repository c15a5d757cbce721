namespace ZephyrML.Teacher;

/// <summary>What a judge said.</summary>
/// <param name="Scores">A score for each candidate, in their order; NaN where there is none.</param>
public sealed record Judgement(float[] Scores)
{
    /// <summary>Every reply that the judge gave, the unparsable ones included, for diagnosis; empty where there is none to show.</summary>
    public IReadOnlyList<AspectReply> Replies { get; init; } = [];

    /// <summary>Each aspect's rating of each candidate, NaN where there is none; empty where the judge knows no aspects.</summary>
    public IReadOnlyDictionary<JudgeAspect, float[]> Ratings { get; init; } = new Dictionary<JudgeAspect, float[]>();

    /// <summary>Each candidate's overall score, 1 to 10, NaN where there is none; empty where no critique was asked for.</summary>
    public IReadOnlyList<float> Overall { get; init; } = [];

    /// <summary>Every critique, the unparsable ones included; empty where none was asked for.</summary>
    public IReadOnlyList<CritiqueReply> Critiques { get; init; } = [];
}
