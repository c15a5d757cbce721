namespace ZephyrML.Teacher;

/// <summary>One line of an AlpacaEval annotation file: which of two answers to an instruction the annotator prefers.</summary>
/// <param name="Instruction">What was asked.</param>
/// <param name="Generator1">Who gave the first answer: the baseline.</param>
/// <param name="Generator2">Who gave the second answer: the model under evaluation.</param>
/// <param name="Preference">1: the first, 2: the second, 0 or 1.5: a draw, in between: the probability of the second plus 1; null: the annotator's answer could not be read.</param>
public sealed record AlpacaEvalVerdict(string Instruction, string Generator1, string Generator2, double? Preference);
