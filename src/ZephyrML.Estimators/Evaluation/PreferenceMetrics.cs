using System.Globalization;
using System.Text.Json.Serialization;
using ZephyrML.Teacher;

namespace ZephyrML;

/// <summary>How a student ranks given pairs, measured against the model that it was trained from: rewards are β·(log π − log π_ref), summed over the completion (arXiv 2305.18290, section 4).</summary>
public sealed class PreferenceMetrics : IEvaluationResult
{
    internal PreferenceMetrics(IReadOnlyList<PreferencePair> pairs, int skipped, double loss, double beta)
    {
        (PairRewards, PairsSkipped, Loss, Beta) = (pairs, skipped, loss, beta);
        var accuracy = WinRate.Of([.. pairs.Select(p => p.ChosenReward > p.RejectedReward ? 1.0 : 0.0)]);
        (RewardAccuracy, RewardAccuracyLow, RewardAccuracyHigh) = (accuracy.Value, accuracy.Low, accuracy.High);
        (ChosenReward, RejectedReward) = (pairs.Average(p => p.ChosenReward), pairs.Average(p => p.RejectedReward));
        RewardMargin = ChosenReward - RejectedReward;
        var margins = pairs.Select(p => p.ChosenReward - p.RejectedReward).ToList();
        RewardMarginStandardError = margins.Count < 2 ? 0 : Math.Sqrt(margins.Sum(m => (m - RewardMargin) * (m - RewardMargin)) / (margins.Count - 1) / margins.Count);
        LikelierChosen = pairs.Average(p => p.ChosenLogProbability > p.RejectedLogProbability ? 1.0 : 0.0);
    }

    /// <summary>Pairs that count.</summary>
    public int Pairs => PairRewards.Count;

    /// <summary>Rows without a pair, or whose prompt leaves no room for a completion.</summary>
    public int PairsSkipped { get; }

    /// <summary>β of the rewards.</summary>
    public double Beta { get; }

    /// <summary>Share of pairs whose chosen reward is strictly greater than the rejected one.</summary>
    public double RewardAccuracy { get; }

    /// <summary>Lower end of its 95% interval.</summary>
    public double RewardAccuracyLow { get; }

    /// <summary>Upper end of its 95% interval.</summary>
    public double RewardAccuracyHigh { get; }

    /// <summary>Mean reward of the chosen completions.</summary>
    public double ChosenReward { get; }

    /// <summary>Mean reward of the rejected completions.</summary>
    public double RejectedReward { get; }

    /// <summary>Mean of chosen minus rejected reward.</summary>
    public double RewardMargin { get; }

    /// <summary>The standard error of <see cref="RewardMargin"/>.</summary>
    public double RewardMarginStandardError { get; }

    /// <summary>Share of pairs whose chosen completion is likelier than the rejected one; summed log-probabilities, so short completions have it easy.</summary>
    public double LikelierChosen { get; }

    /// <summary>Mean loss of the pairs, by the losses that the student was trained with.</summary>
    public double Loss { get; }

    /// <summary>Every pair that counts.</summary>
    public IReadOnlyList<PreferencePair> PairRewards { get; }

    /// <inheritdoc/>
    [JsonIgnore]
    public string Title => "Preferences on held-out pairs";

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<EvaluationTable> Tables =>
    [
        new("Rewards", ["pairs", "skipped", "reward accuracy", "95% interval", "margin", "standard error", "chosen", "rejected", "loss", "chosen is likelier"],
            [[$"{Pairs}", $"{PairsSkipped}", Share(RewardAccuracy), $"{Share(RewardAccuracyLow)} to {Share(RewardAccuracyHigh)}", Text(RewardMargin), Text(RewardMarginStandardError), Text(ChosenReward), Text(RejectedReward), Text(Loss), Share(LikelierChosen)]]),
    ];

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<string> Charts => [];

    private static string Share(double value) => value.ToString("P1", CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
