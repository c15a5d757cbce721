namespace ZephyrML.Training;

/// <summary>What the caller of a trainer brings along that is no option: where to report, when to stop, the seed that options without one use.</summary>
public sealed class TrainingContext
{
    private int seed;

    /// <summary>Told about every <see cref="TrainingOptions.LogEverySteps"/>-th step, on the training thread.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Looked at between steps; the weights are then those of the last whole step.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The seed where <see cref="TrainingOptions.Seed"/> is null.</summary>
    public int Seed { get => seed; init => seed = value; }

    /// <summary>A folder for the reference's log-probabilities, so that a second run with the same rows and weights need not compute them; null: none are kept.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Told what is not as it should be but does not stop the run: a checkpoint that is not whole, say.</summary>
    public IProgress<string>? Warnings { get; init; }

    /// <summary>Told before the first step what memory the run is going to need.</summary>
    public IProgress<MemoryEstimate>? Memory { get; init; }

    /// <summary>Tokens that end an answer, the chat template's end of turn among them; a run in which none is learned warns. Null: the model's eos tokens.</summary>
    public IReadOnlyList<int>? StopTokenIds { get; init; }

    /// <summary>
    /// Files that checkpoints hold beside the weights, so that a checkpoint's folder is a model's folder: the tokenizer's and the chat template's; where an adapter is trained, an adapter's folder: its configuration. Null: config.json or adapter_config.json alone.
    /// </summary>
    public IEnumerable<(string Name, Action<Stream> Write)>? ModelFiles { get; init; }

    /// <summary>Where the starting model comes from, as text, for the checkpoints to keep; null: unknown.</summary>
    public string? Lineage { get; init; }

    /// <summary>The exact order, instead of a random one: for each step its micro-batches, for each of these the rows (packed rows, where rows are packed).</summary>
    internal IReadOnlyList<int[][]>? Order { get; init; }

    /// <summary>Sees the gradients of each step (step from 1) before they are clipped.</summary>
    internal Action<int, FlatParameters>? BeforeUpdate { get; init; }

    internal void Warn(string warning) => Warnings?.Report(warning);

    internal TrainingContext Or(int? another)
    {
        var copy = (TrainingContext)MemberwiseClone();
        copy.seed = another ?? seed;
        return copy;
    }
}
