namespace ZephyrML.Training;

/// <summary>Which training rows ("units": a row, a pair, or a packed row) go into which micro-batch of which step.</summary>
internal sealed class BatchPlan
{
    private readonly IReadOnlyList<int> lengths;
    private readonly TrainingOptions options;
    private readonly TrainingContext context;
    private readonly string stage;
    private readonly bool group;
    private readonly int stepsPerEpoch;

    /// <param name="lengths">Tokens of each unit; grouping by length looks at these.</param>
    /// <param name="options">Batch size, accumulation, epochs.</param>
    /// <param name="context">The seed, or an exact order.</param>
    /// <param name="stage">Name of the random stream.</param>
    /// <param name="group">Whether units of like length share a micro-batch.</param>
    public BatchPlan(IReadOnlyList<int> lengths, TrainingOptions options, TrainingContext context, string stage, bool group)
    {
        (this.lengths, this.options, this.context, this.stage, this.group) = (lengths, options, context, stage, group);
        BatchesPerEpoch = options.DropLastBatch ? lengths.Count / options.BatchSize : (lengths.Count + options.BatchSize - 1) / options.BatchSize;
        if (BatchesPerEpoch == 0)
            throw new ArgumentException($"There are {lengths.Count} training rows, less than one batch: {nameof(TrainingOptions.BatchSize)} is {options.BatchSize} and {nameof(TrainingOptions.DropLastBatch)} drops short ones.");
        stepsPerEpoch = (BatchesPerEpoch + options.AccumulationSteps - 1) / options.AccumulationSteps;
        TotalSteps = context.Order?.Count ?? options.MaxSteps ?? checked((int)Math.Ceiling(options.Epochs * stepsPerEpoch));
    }

    /// <summary>Micro-batches in an epoch.</summary>
    public int BatchesPerEpoch { get; }

    public int TotalSteps { get; }

    /// <summary>Whether an epoch ends with this step, from 1.</summary>
    public bool IsEndOfEpoch(int step) => step % stepsPerEpoch == 0;

    /// <summary>The micro-batches of the first epoch, or of what is trained of it.</summary>
    public IEnumerable<int[]> FirstEpoch() => Steps().Take(context.Order is null ? Math.Min(stepsPerEpoch, TotalSteps) : TotalSteps).SelectMany(step => step);

    /// <summary>The micro-batches of each step. The last step of an epoch may have fewer, its last micro-batch may be short.</summary>
    public IEnumerable<int[][]> Steps() => context.Order ?? RandomSteps();

    private IEnumerable<int[][]> RandomSteps()
    {
        int step = 0;
        for (int epoch = 0; step < TotalSteps; epoch++)
        {
            var window = new List<int[]>();
            var batches = Epoch(epoch).Take(BatchesPerEpoch).ToList();
            for (int i = 0; i < batches.Count && step < TotalSteps; i++)
            {
                window.Add(batches[i]);
                if (window.Count == options.AccumulationSteps || i == batches.Count - 1)
                {
                    yield return window.ToArray();
                    window.Clear();
                    step++;
                }
            }
        }
    }

    private List<int[]> Epoch(int epoch)
    {
        if (!options.Shuffle)
            return Enumerable.Range(0, lengths.Count).Chunk(options.BatchSize).ToList();
        var random = SeedStream.Create(context.Seed, stage, epoch);
        var order = random.Permutation(lengths.Count);
        if (!group)
            return order.Chunk(options.BatchSize).ToList();
        // Sorted within stretches of 50 batches, so that which rows meet still changes from epoch to epoch; then the batches change places.
        var batches = order.Chunk(50 * options.BatchSize)
            .SelectMany(stretch => stretch.OrderByDescending(i => lengths[i]).Chunk(options.BatchSize)).ToList();
        var shuffled = random.Permutation(batches.Count).Select(i => batches[i]).ToList();
        // A short batch stays the last, as it is without grouping.
        int part = shuffled.FindIndex(b => b.Length < options.BatchSize);
        if (part >= 0)
            (shuffled[part], shuffled[^1]) = (shuffled[^1], shuffled[part]);
        return shuffled;
    }
}
