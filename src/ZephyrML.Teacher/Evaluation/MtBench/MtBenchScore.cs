namespace ZephyrML.Teacher;

/// <summary>The judge's score of one turn.</summary>
/// <param name="QuestionId">The question's number.</param>
/// <param name="Category">Its category.</param>
/// <param name="Turn">1 or 2.</param>
/// <param name="Score">1 to 10; NaN where the judgement could not be read.</param>
/// <param name="Judgement">What the judge said.</param>
public sealed record MtBenchScore(int QuestionId, string Category, int Turn, double Score, string Judgement);
