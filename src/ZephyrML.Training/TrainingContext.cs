namespace ZephyrML.Training;

/// <summary>What the caller of a trainer brings along that is no option: where to report, when to stop, the seed that options without one use.</summary>
public sealed class TrainingContext
{
    /// <summary>Told about every <see cref="TrainingOptions.LogEverySteps"/>-th step, on the training thread.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Looked at between steps; the weights are then those of the last whole step.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The seed where <see cref="TrainingOptions.Seed"/> is null.</summary>
    public int Seed { get; init; }

    /// <summary>A folder for the reference's log-probabilities, so that a second run with the same rows and weights need not compute them; null: none are kept.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>The exact order, instead of a random one: for each step its micro-batches, for each of these the rows (packed rows, where rows are packed).</summary>
    internal IReadOnlyList<int[][]>? Order { get; init; }

    /// <summary>Sees the gradients of each step (step from 1) before they are clipped.</summary>
    internal Action<int, FlatParameters>? BeforeUpdate { get; init; }

    internal TrainingContext Or(int? seed) => seed is null ? this : new() { Progress = Progress, CancellationToken = CancellationToken, Seed = seed.Value, CacheFolder = CacheFolder, Order = Order, BeforeUpdate = BeforeUpdate };
}
