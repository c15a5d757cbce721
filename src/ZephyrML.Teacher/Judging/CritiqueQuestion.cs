namespace ZephyrML.Teacher;

/// <summary>What one call asks a critic.</summary>
/// <param name="Instruction">What was asked (a whole dialogue where there was one).</param>
/// <param name="Text">The answer.</param>
/// <param name="Tag">Marks what belongs to the question; the answer does not hold it.</param>
public sealed record CritiqueQuestion(string Instruction, string Text, string Tag)
{
    /// <summary>Whether the reply is to be JSON by a schema. Default: false.</summary>
    public bool IsStructured { get; init; }
}
