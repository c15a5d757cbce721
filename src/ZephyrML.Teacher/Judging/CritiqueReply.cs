namespace ZephyrML.Teacher;

/// <summary>One critique of an answer.</summary>
/// <param name="Candidate">Which answer, by its place among the candidates.</param>
/// <param name="Attempt">0 for the first question, 1 for the first time it was asked again.</param>
/// <param name="Score">The overall score, 1 to 10; NaN where it could not be read.</param>
/// <param name="Text">The reply as it came.</param>
public sealed record CritiqueReply(int Candidate, int Attempt, float Score, string Text);
