namespace ZephyrML.Teacher;

/// <summary>What one call asks a judge.</summary>
/// <param name="Aspect">What to judge.</param>
/// <param name="Instruction">What was asked (a whole dialogue where there was one).</param>
/// <param name="Texts">The answers, in the order in which they are shown.</param>
/// <param name="Tag">Marks what belongs to the question; no answer holds it.</param>
public sealed record AspectQuestion(JudgeAspect Aspect, string Instruction, IReadOnlyList<string> Texts, string Tag)
{
    /// <summary>Whether the reply is to be JSON by a schema instead of marked blocks. Default: false.</summary>
    public bool IsStructured { get; init; }

    /// <summary>What is known to be right, shown to the judge for truthfulness and helpfulness (UltraFeedback's "world knowledge"); null, the default: nothing.</summary>
    public string? Reference { get; init; }
}
