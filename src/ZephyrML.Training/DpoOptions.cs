using System.Globalization;

namespace ZephyrML.Training;

/// <summary>
/// Options of distilled direct preference optimisation (dDPO): the policy against its own start on chosen and rejected answers.
/// The Zephyr paper: 1 to 3 epochs, linear, peak rate 5e-7, warm-up 10%, β 0.1, 32 pairs a step; its final model took 3 epochs.
/// </summary>
public class DpoOptions : TrainingOptions
{
    private static readonly DpoLoss[] DivergenceLosses =
        [DpoLoss.Sigmoid, DpoLoss.Cdpo, DpoLoss.SigmoidNorm, DpoLoss.Hinge, DpoLoss.Ipo, DpoLoss.ExoPair, DpoLoss.Robust, DpoLoss.Discopop, DpoLoss.Sft];

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

    /// <summary>The divergence that holds the policy to the reference; others than the default only with losses on differences of scores. Default <see cref="Divergence.ReverseKl"/>.</summary>
    public Divergence Divergence { get; set; }

    /// <summary>α of <see cref="Divergence.Alpha"/>. Default 0.5.</summary>
    public double AlphaDivergenceCoefficient { get; set; } = 0.5;

    /// <summary>Weigh each pair by how probable the policy finds both answers, as if they were its own (WPO). Not with <see cref="DpoLoss.Aot"/> and <see cref="DpoLoss.AotUnpaired"/>. Default false.</summary>
    public bool UseWeighting { get; set; }

    /// <summary>Weight of the tokens by which one answer is longer than the other, against length bias (LD-DPO), 0 to 1; null: all count alike. Default null.</summary>
    public double? LdAlpha { get; set; }

    /// <summary>Compute a pair's prompt once for both answers, in batches where that saves a tenth of the arithmetic: the same numbers but for rounding. Default true (TRL computes it twice).</summary>
    public bool SharePrompts { get; set; } = true;

    /// <summary>
    /// Move the reference towards the policy at intervals (TR-DPO). A second model is then kept in memory, the reference's log-probabilities are computed in every step, and their cache is not used. Default false.
    /// </summary>
    public bool SyncReference { get; set; }

    /// <summary>The policy's share α when the reference moves: (1−α)·reference + α·policy. Default 0.6.</summary>
    public double ReferenceMixup { get; set; } = 0.6;

    /// <summary>The reference moves after every so many steps. Default 512.</summary>
    public int ReferenceSyncSteps { get; set; } = 512;

    /// <summary>
    /// The reference is the base without the policy's adapter, instead of the policy as it starts. The two are the same where the adapter is new; an adapter that was trained before is by default
    /// held to a frozen copy of itself, as in TRL. Without effect on a policy that has no adapter. Default false.
    /// </summary>
    public bool ReferenceWithoutAdapter { get; set; }

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
        if (!Enum.IsDefined(Divergence))
            yield return $"{nameof(Divergence)} must be one of {string.Join(", ", Enum.GetNames<Divergence>())}, not {Divergence}.";
        if (Divergence != Divergence.ReverseKl && Losses?.Except(DivergenceLosses).ToList() is { Count: > 0 } others)
            yield return $"{nameof(Divergence)} must be {nameof(Divergence.ReverseKl)} for {string.Join(", ", others)}; {Divergence} works with {string.Join(", ", DivergenceLosses)}.";
        if (!double.IsFinite(AlphaDivergenceCoefficient))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(AlphaDivergenceCoefficient)} must be a finite number, not {AlphaDivergenceCoefficient}.");
        if (UseWeighting && Losses?.Intersect([DpoLoss.Aot, DpoLoss.AotUnpaired]).ToList() is { Count: > 0 } sorted)
            yield return $"{nameof(UseWeighting)} must be false for {string.Join(", ", sorted)}, where sorting takes the pairs apart.";
        if (!(LdAlpha is null or (>= 0 and <= 1)))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(LdAlpha)} must be null or between 0 and 1, not {LdAlpha}.");
        if (!(ReferenceMixup is >= 0 and <= 1))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(ReferenceMixup)} must be between 0 and 1, not {ReferenceMixup}.");
        if (ReferenceSyncSteps < 1)
            yield return $"{nameof(ReferenceSyncSteps)} must be greater than 0, not {ReferenceSyncSteps}.";
        if (ReferenceWithoutAdapter && SyncReference)
            yield return $"{nameof(ReferenceWithoutAdapter)} and {nameof(SyncReference)} are both set; a reference that moves towards the policy needs the adapter.";
        if (!(DiscopopTau > 0))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(DiscopopTau)} must be greater than 0, not {DiscopopTau}.");
    }
}
