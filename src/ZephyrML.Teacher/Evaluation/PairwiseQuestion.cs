namespace ZephyrML.Teacher;

/// <summary>Two answers to be compared.</summary>
/// <param name="Instruction">What was asked.</param>
/// <param name="First">One answer.</param>
/// <param name="Second">The other answer.</param>
/// <param name="Row">The row, for messages.</param>
public sealed record PairwiseQuestion(string Instruction, string First, string Second, long Row);
