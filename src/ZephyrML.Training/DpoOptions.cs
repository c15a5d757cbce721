using System.Globalization;

namespace ZephyrML.Training;

/// <summary>
/// Options of distilled direct preference optimisation (dDPO): the policy against its own start on chosen and rejected answers.
/// The Zephyr paper: 1 to 3 epochs, linear, peak rate 5e-7, warm-up 10%, β 0.1, 32 pairs a step; its final model took 3 epochs.
/// </summary>
public class DpoOptions : TrainingOptions
{
    /// <summary>Options with the defaults of the paper.</summary>
    public DpoOptions()
    {
        LearningRate = 5e-7;
        Epochs = 3;
        Schedule = LearningRateSchedule.Linear;
    }

    /// <summary>β: how strongly the policy is held to the reference; the reward is β·(log π − log π_ref). Default 0.1.</summary>
    public double Beta { get; set; } = 0.1;

    /// <summary>The losses that are summed. Default <see cref="DpoLoss.Sigmoid"/> alone.</summary>
    public IReadOnlyList<DpoLoss> Losses { get; set; } = [DpoLoss.Sigmoid];

    /// <summary>The weight of each of <see cref="Losses"/>; null: 1 each. Default null.</summary>
    public IReadOnlyList<double>? LossWeights { get; set; }

    /// <summary>Share of pairs whose label is taken to be wrong; used by <see cref="DpoLoss.Robust"/>, <see cref="DpoLoss.ExoPair"/>, <see cref="DpoLoss.Aot"/>, <see cref="DpoLoss.AotUnpaired"/> and <see cref="DpoLoss.Cdpo"/> only. Default 0.</summary>
    public double LabelSmoothing { get; set; }

    /// <summary>Temperature τ of <see cref="DpoLoss.Discopop"/>'s mixture. Default 0.05.</summary>
    public double DiscopopTau { get; set; } = 0.05;

    /// <inheritdoc/>
    protected override void CopyLists()
    {
        Losses = Losses is null ? null! : [.. Losses];
        LossWeights = LossWeights is null ? null : [.. LossWeights];
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems()
    {
        foreach (var problem in base.Problems())
            yield return problem;
        if (!(double.IsFinite(Beta) && Beta > 0))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(Beta)} must be greater than 0, not {Beta}.");
        if (Losses is not { Count: > 0 } || !Losses.All(Enum.IsDefined))
            yield return $"{nameof(Losses)} must hold at least one of {string.Join(", ", Enum.GetNames<DpoLoss>())}.";
        if (LossWeights is not null && (LossWeights.Count != Losses?.Count || !LossWeights.All(double.IsFinite)))
            yield return $"{nameof(LossWeights)} must hold a finite weight for each of {nameof(Losses)}, or be null.";
        if (!(LabelSmoothing is >= 0 and < 0.5))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(LabelSmoothing)} must be at least 0 and below 0.5, not {LabelSmoothing}.");
        if (LabelSmoothing == 0 && Losses?.Contains(DpoLoss.ExoPair) == true)
            yield return $"{nameof(LabelSmoothing)} must be greater than 0 for {nameof(DpoLoss.ExoPair)} (its paper: 0.001).";
        if (!(DiscopopTau > 0))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(DiscopopTau)} must be greater than 0, not {DiscopopTau}.");
    }
}
