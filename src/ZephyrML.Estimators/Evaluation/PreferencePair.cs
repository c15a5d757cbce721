namespace ZephyrML;

/// <summary>What an evaluation found of one pair.</summary>
/// <param name="Row">The row in the data.</param>
/// <param name="ChosenReward">β·(log π − log π_ref) of the chosen completion.</param>
/// <param name="RejectedReward">The same of the rejected one.</param>
/// <param name="ChosenLogProbability">log π of the chosen completion, summed over its tokens.</param>
/// <param name="RejectedLogProbability">log π of the rejected one.</param>
public sealed record PreferencePair(long Row, double ChosenReward, double RejectedReward, double ChosenLogProbability, double RejectedLogProbability);
