namespace ZephyrML.Training;

/// <summary>Summed log-probabilities of a pair's completions, each given its prompt; NaN where the row is not used (its prompt leaves no room).</summary>
/// <param name="Chosen">Of the chosen completion.</param>
/// <param name="Rejected">Of the rejected completion.</param>
public readonly record struct PairLogProbabilities(float Chosen, float Rejected);
