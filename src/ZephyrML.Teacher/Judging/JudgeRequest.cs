namespace ZephyrML.Teacher;

/// <summary>The answers of one row, to be scored.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Candidates">The answers; an empty one is missing and gets no score.</param>
/// <param name="CandidateModels">Who gave them, in the same order; may be empty where it is not known. A judge never tells its model.</param>
/// <param name="Row">The row, for messages.</param>
public sealed record JudgeRequest(string Prompt, IReadOnlyList<string> Candidates, IReadOnlyList<string> CandidateModels, long Row)
{
    /// <summary>The dialogue that the answers continue, its last user turn included; null: the prompt alone.</summary>
    public IReadOnlyList<DialogueTurn>? Messages { get; init; }

    /// <summary>What is known to be right: shown to the judge where it assesses truthfulness and helpfulness (UltraFeedback's "world knowledge"). Null, the default: nothing.</summary>
    public string? Reference { get; init; }
}
