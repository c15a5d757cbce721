namespace ZephyrML.Training;

/// <summary>What a training run did, step by step and in all.</summary>
public abstract record TrainingResult
{
    /// <summary>One entry for each optimiser step.</summary>
    public required IReadOnlyList<StepMetrics> Steps { get; init; }

    /// <summary>Evaluations in order: before training (step 0), in between, after the last step; empty without evaluation rows.</summary>
    public required IReadOnlyList<StepMetrics> Evaluations { get; init; }

    /// <summary>Rows given.</summary>
    public required int RowsGiven { get; init; }

    /// <summary>Rows trained on.</summary>
    public required int RowsUsed { get; init; }

    /// <summary>Rows left out, because nothing of them to train on is left within <see cref="TrainingOptions.MaxLength"/>.</summary>
    public int RowsDropped => RowsGiven - RowsUsed;

    /// <summary>Used rows that were cut to <see cref="TrainingOptions.MaxLength"/>.</summary>
    public required int RowsCut { get; init; }

    /// <summary>Tokens seen in all steps, padding not counted.</summary>
    public required long Tokens { get; init; }

    /// <summary>Time spent on the steps; evaluations are not counted.</summary>
    public required TimeSpan TrainingTime { get; init; }

    /// <summary>Tokens per second of <see cref="TrainingTime"/>.</summary>
    public double TokensPerSecond => TrainingTime > TimeSpan.Zero ? Tokens / TrainingTime.TotalSeconds : 0;

    /// <summary>What memory the run was expected to need, before it began.</summary>
    public required MemoryEstimate MemoryEstimate { get; init; }

    /// <summary>The process's peak memory in bytes, as the operating system reports it at the end.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>The step after which this run went on from a checkpoint; null where it began at the beginning.</summary>
    public int? ResumedFromStep { get; init; }

    /// <summary>The step of the best evaluation by <see cref="TrainingOptions.MetricForBestModel"/>, the one before training not counted; null without evaluations.</summary>
    public int? BestStep { get; init; }

    /// <summary>That evaluation's metric.</summary>
    public double? BestMetric { get; init; }

    /// <summary>Whether <see cref="TrainingOptions.EarlyStoppingPatience"/> ended the run.</summary>
    public bool StoppedEarly { get; init; }

    /// <summary>The evaluation before training, if there was one.</summary>
    public StepMetrics? EvaluationBefore => Evaluations.Count > 0 ? Evaluations[0] : null;

    /// <summary>The evaluation after training, if there was one.</summary>
    public StepMetrics? EvaluationAfter => Evaluations.Count > 1 ? Evaluations[^1] : null;
}
