namespace ZephyrML.Training;

/// <summary>
/// What dSFT and dDPO have in common: the optimiser, the schedule, the batches. Defaults are TRL's (transformers' where TRL has none)
/// unless the Zephyr paper (arXiv 2310.16944, section 4) says otherwise. The trainers take a copy when they start.
/// </summary>
public abstract partial class TrainingOptions
{
    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; set; }

    /// <summary>Passes over the rows; a fraction ends in the middle of one.</summary>
    public double Epochs { get; set; } = 1;

    /// <summary>Optimiser steps after which training stops whatever <see cref="Epochs"/> says (more epochs are begun if need be); null: epochs decide. Default null.</summary>
    public int? MaxSteps { get; set; }

    /// <summary>Rows in a micro-batch: pairs for dDPO, packed rows for dSFT with packing. Memory grows with it. Default 8.</summary>
    public int BatchSize { get; set; } = 8;

    /// <summary>Micro-batches in an optimiser step; the effective batch is <see cref="BatchSize"/> times this. Default 1. (The paper's effective batches: dSFT 512, dDPO 32.)</summary>
    public int AccumulationSteps { get; set; } = 1;

    /// <summary>Rows in a batch of an evaluation; null: <see cref="BatchSize"/>. Default null.</summary>
    public int? EvaluationBatchSize { get; set; }

    /// <summary>Drop the last micro-batch of an epoch where it is short, so that all are alike (transformers' <c>dataloader_drop_last</c>). Default false.</summary>
    public bool DropLastBatch { get; set; }

    /// <summary>Tokens after which a row is cut, prompt and completion together.</summary>
    public int MaxLength { get; set; } = 1024;

    /// <summary>Which end of a row is kept within <see cref="MaxLength"/>. Rows that are packed are always cut at the end. Default <see cref="Truncation.KeepStart"/>.</summary>
    public Truncation Truncation { get; set; }

    /// <summary>How the learning rate goes after the warm-up.</summary>
    public LearningRateSchedule Schedule { get; set; }

    /// <summary>Details of the schedule: floor, cycles, power, decay steps. Default: transformers' defaults.</summary>
    public ScheduleShape ScheduleShape { get; set; } = new();

    /// <summary>Share of all steps in which the learning rate rises from 0 to its peak, rounded up to whole steps. Default 0.1 (the paper).</summary>
    public double WarmupRatio { get; set; } = 0.1;

    /// <summary>Warm-up in steps; where given, <see cref="WarmupRatio"/> does not count. Default null.</summary>
    public int? WarmupSteps { get; set; }

    /// <summary>The optimiser. Default <see cref="OptimizerKind.AdamW"/>.</summary>
    public OptimizerKind Optimizer { get; set; }

    /// <summary>Decoupled weight decay on everything two-dimensional (norms and biases never decay). Default 0.</summary>
    public double WeightDecay { get; set; }

    /// <summary>Gradients are scaled down to this global 2-norm; 0: never. Default 1.</summary>
    public double MaxGradNorm { get; set; } = 1;

    /// <summary>AdamW's β1, the decay of the first moment; Lion's too. Default 0.9.</summary>
    public double AdamBeta1 { get; set; } = 0.9;

    /// <summary>AdamW's β2, the decay of the second moment; Lion's of its only one. Default 0.999.</summary>
    public double AdamBeta2 { get; set; } = 0.999;

    /// <summary>AdamW's and RMSprop's ε, added to the root of the second moment. Default 1e-8.</summary>
    public double AdamEpsilon { get; set; } = 1e-8;

    /// <summary>RMSprop's α, the decay of its moment. Default 0.99.</summary>
    public double RmsPropAlpha { get; set; } = 0.99;

    /// <summary>In what numbers the model computes. Default <see cref="Precision.Float32"/> (TRL: bf16 by autocast).</summary>
    public Precision Precision { get; set; }

    /// <summary>
    /// Keep the input of each layer only, and compute the layer again for its gradients: the same numbers to the last bit for a third more of computing, with a fraction of the memory (transformers'
    /// <c>gradient_checkpointing</c>). Default false (TRL: true).
    /// </summary>
    public bool RecomputeActivations { get; set; }

    /// <summary>
    /// Uniform noise on the embedded tokens of training passes, of at most α/√(L·C) for a row of L tokens and a hidden size of C (NEFTune, Jain et al. 2023, arXiv 2310.05914; there 5 to 15); null: none. Default null.
    /// </summary>
    public double? NeftuneNoiseAlpha { get; set; }

    /// <summary>What to do where the estimate of the memory is more than there is. Default <see cref="MemoryCheck.Warn"/>.</summary>
    public MemoryCheck MemoryCheck { get; set; }

    /// <summary>Bytes that the run may take where the model computes, weights included; null: what the machine or the container has to spare, and no check on GPUs, which do not tell. Default null.</summary>
    public long? MemoryLimit { get; set; }

    /// <summary>Each epoch has a random order of its own; false: the rows' own order, every time (easy rows first, say), and <see cref="GroupByLength"/> does not count. Default true.</summary>
    public bool Shuffle { get; set; } = true;

    /// <summary>Rows of like length share a micro-batch, so that little is padded; the order of the batches stays random. Without effect where rows are packed. Default true (TRL: off).</summary>
    public bool GroupByLength { get; set; } = true;

    /// <summary>Read the metrics back and report progress every so many steps. Default 10.</summary>
    public int LogEverySteps { get; set; } = 10;

    /// <summary>Seed of the row order; null: the one that the caller of the trainer gives. Default null.</summary>
    public int? Seed { get; set; }

    /// <summary>Throws one exception that lists everything that is wrong with these options.</summary>
    /// <exception cref="ArgumentException">One or more options have impossible values.</exception>
    public void Validate()
    {
        var problems = Problems().ToList();
        if (problems.Count > 0)
            throw new ArgumentException($"{GetType().Name}: {(problems.Count == 1 ? "an option is" : $"{problems.Count} options are")} wrong. {string.Join(" ", problems)}");
    }

    /// <summary>A copy that later changes of this object do not reach, of the same type.</summary>
    public TrainingOptions Copy()
    {
        var copy = (TrainingOptions)MemberwiseClone();
        copy.CopyLists();
        return copy;
    }

    /// <summary>Replaces lists that the shallow copy shares with its original by copies of their own.</summary>
    protected virtual void CopyLists() { }

    /// <summary>One sentence for each option that is wrong: its name, what was expected, what it is.</summary>
    protected virtual IEnumerable<string> Problems()
    {
        static string? Must(bool holds, string name, string expected, object? actual) =>
            holds ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} must be {expected}, not {actual}.");
        string?[] problems =
        [
            Must(double.IsFinite(LearningRate) && LearningRate >= 0, nameof(LearningRate), "a finite number of at least 0", LearningRate),
            Must(double.IsFinite(Epochs) && Epochs > 0, nameof(Epochs), "greater than 0", Epochs),
            Must(MaxSteps is null or > 0, nameof(MaxSteps), "null or greater than 0", MaxSteps),
            Must(BatchSize > 0, nameof(BatchSize), "greater than 0", BatchSize),
            Must(AccumulationSteps > 0, nameof(AccumulationSteps), "greater than 0", AccumulationSteps),
            Must(EvaluationBatchSize is null or > 0, nameof(EvaluationBatchSize), "null or greater than 0", EvaluationBatchSize),
            Must(MaxLength > 1, nameof(MaxLength), "at least 2 tokens", MaxLength),
            Must(Enum.IsDefined(Truncation), nameof(Truncation), $"one of {string.Join(", ", Enum.GetNames<Truncation>())}", Truncation),
            Must(Enum.IsDefined(Schedule), nameof(Schedule), $"one of {string.Join(", ", Enum.GetNames<LearningRateSchedule>())}", Schedule),
            Must(ScheduleShape is not null, nameof(ScheduleShape), "given", "null"),
            Must(Enum.IsDefined(Optimizer), nameof(Optimizer), $"one of {string.Join(", ", Enum.GetNames<OptimizerKind>())}", Optimizer),
            Must(RmsPropAlpha is >= 0 and < 1, nameof(RmsPropAlpha), "at least 0 and below 1", RmsPropAlpha),
            Must(WarmupRatio is >= 0 and <= 1, nameof(WarmupRatio), "between 0 and 1", WarmupRatio),
            Must(WarmupSteps is null or >= 0, nameof(WarmupSteps), "null or at least 0", WarmupSteps),
            Must(double.IsFinite(WeightDecay) && WeightDecay >= 0, nameof(WeightDecay), "a finite number of at least 0", WeightDecay),
            Must(MaxGradNorm >= 0, nameof(MaxGradNorm), "at least 0", MaxGradNorm),
            Must(AdamBeta1 is >= 0 and < 1, nameof(AdamBeta1), "at least 0 and below 1", AdamBeta1),
            Must(AdamBeta2 is >= 0 and < 1, nameof(AdamBeta2), "at least 0 and below 1", AdamBeta2),
            Must(double.IsFinite(AdamEpsilon) && AdamEpsilon >= 0, nameof(AdamEpsilon), "a finite number of at least 0", AdamEpsilon),
            Must(LogEverySteps > 0, nameof(LogEverySteps), "greater than 0", LogEverySteps),
        ];
        return problems.OfType<string>().Concat(ScheduleShape?.Problems(Schedule, LearningRate) ?? []).Concat(RunProblems());
    }
}
