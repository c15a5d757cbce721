namespace ZephyrML.Teacher;

/// <summary>A model's answers to one question.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Turns">The answers, one a turn.</param>
public sealed record MtBenchAnswer(MtBenchQuestion Question, IReadOnlyList<string> Turns);
