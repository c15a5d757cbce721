namespace ZephyrML.Teacher;

/// <summary>A score that somebody gave before.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Candidate">The answer.</param>
/// <param name="Score">Its score; NaN is missing.</param>
/// <param name="Model">Who gave the answer; null: not known, or not of interest.</param>
public sealed record RecordedScore(string Prompt, string Candidate, float Score, string? Model = null);
