namespace ZephyrML.Training;

/// <summary>How a policy ranks given pairs, measured against given reference log-probabilities.</summary>
/// <param name="Pairs">Pairs that count: those with room for a completion.</param>
/// <param name="RewardAccuracy">Share of pairs whose chosen reward is strictly greater.</param>
/// <param name="RewardMargin">Mean of chosen minus rejected reward.</param>
/// <param name="Loss">Mean loss of the pairs.</param>
/// <param name="Policy">The policy's log-probabilities, row by row.</param>
public sealed record PreferenceEvaluation(int Pairs, double RewardAccuracy, double RewardMargin, double Loss, IReadOnlyList<PairLogProbabilities> Policy);
