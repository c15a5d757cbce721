using System.Globalization;

namespace ZephyrML.Training;

// What happens around the steps: evaluation, checkpoints, stopping early, guards.
public abstract partial class TrainingOptions
{
    /// <summary>When there is an evaluation, besides before and after training. Default <see cref="EvaluationStrategy.Steps"/>.</summary>
    public EvaluationStrategy EvaluationStrategy { get; set; }

    /// <summary>Evaluate every so many steps, besides before and after training; 0: not in between. Default 0.</summary>
    public int EvaluateEverySteps { get; set; }

    /// <summary>
    /// The folder where checkpoints go, one folder <c>checkpoint-STEP</c> each; a run that finds one of its own there goes on from it, and a finished run is not trained again. One folder for each stage. Null: none are written. Default null.
    /// </summary>
    public string? CheckpointFolder { get; set; }

    /// <summary>When a checkpoint is written; one more is at the end. Default <see cref="SaveStrategy.Steps"/>.</summary>
    public SaveStrategy SaveStrategy { get; set; }

    /// <summary>Steps between two checkpoints. Default 500.</summary>
    public int SaveEverySteps { get; set; } = 500;

    /// <summary>How many checkpoints stay; the newest and, with <see cref="LoadBestModelAtEnd"/>, the best are always among them. Null: all. Default 2, so that there is one to fall back on (TRL: all).</summary>
    public int? SaveTotalLimit { get; set; } = 2;

    /// <summary>The folder of one checkpoint to go on from; null: the newest whole one in <see cref="CheckpointFolder"/>, if there is one. Default null.</summary>
    public string? ResumeFrom { get; set; }

    /// <summary>The metric of evaluations by which one model is better than another; <c>eval_</c> may be left out. Default eval_loss.</summary>
    public string MetricForBestModel { get; set; } = "eval_loss";

    /// <summary>Whether more of <see cref="MetricForBestModel"/> is better; null: unless its name ends with loss. Default null.</summary>
    public bool? GreaterIsBetter { get; set; }

    /// <summary>
    /// End with the weights of the best evaluation instead of the last ones. Without a <see cref="CheckpointFolder"/> a copy of the best weights is kept in memory. The evaluation before training does not count. Needs evaluation rows. Default false.
    /// </summary>
    public bool LoadBestModelAtEnd { get; set; }

    /// <summary>Stop when so many evaluations in a row did not better the best by more than <see cref="EarlyStoppingThreshold"/>; null: never. The evaluation before training does not count. Needs evaluation rows. Default null.</summary>
    public int? EarlyStoppingPatience { get; set; }

    /// <summary>By how much an evaluation must better the best to count for <see cref="EarlyStoppingPatience"/>. Default 0.</summary>
    public double EarlyStoppingThreshold { get; set; }

    /// <summary>
    /// Stop, with the last good weights, when a loss or the norm of the gradients is not a finite number; false: go on, as TRL does. Default true.
    /// </summary>
    public bool StopOnNonFinite { get; set; } = true;

    /// <summary>Steps over which the loss is averaged to see whether it explodes (<see cref="DivergenceFactor"/>); 0: nobody looks. Default 20.</summary>
    public int DivergenceWindow { get; set; } = 20;

    /// <summary>
    /// Stop, with the last good weights, when the mean loss of the last <see cref="DivergenceWindow"/> steps lies above the lowest such mean so far, m, by more than this many times max(1, |m|). Default 2.
    /// </summary>
    public double DivergenceFactor { get; set; } = 2;

    /// <summary>
    /// The folder where metrics go, within it a folder of the stage's name; null: <see cref="CheckpointFolder"/>, and where that is null too, none are written. A run that does not go on from a checkpoint begins its files anew. Default null.
    /// </summary>
    public string? MetricsFolder { get; set; }

    /// <summary>In which forms. Default <see cref="Training.ReportTo.All"/>.</summary>
    public ReportTo ReportTo { get; set; } = ReportTo.All;

    private IEnumerable<string> RunProblems()
    {
        static string? Must(bool holds, string name, string expected, object? actual) =>
            holds ? null : string.Create(CultureInfo.InvariantCulture, $"{name} must be {expected}, not {actual}.");
        string?[] problems =
        [
            Must(Enum.IsDefined(EvaluationStrategy), nameof(EvaluationStrategy), $"one of {string.Join(", ", Enum.GetNames<EvaluationStrategy>())}", EvaluationStrategy),
            Must(EvaluateEverySteps >= 0, nameof(EvaluateEverySteps), "at least 0", EvaluateEverySteps),
            Must(CheckpointFolder is null || CheckpointFolder.Trim().Length > 0, nameof(CheckpointFolder), "null or a folder's name", "empty"),
            Must(Enum.IsDefined(SaveStrategy), nameof(SaveStrategy), $"one of {string.Join(", ", Enum.GetNames<SaveStrategy>())}", SaveStrategy),
            Must(SaveEverySteps > 0, nameof(SaveEverySteps), "greater than 0", SaveEverySteps),
            Must(SaveTotalLimit is null or > 0, nameof(SaveTotalLimit), "null or greater than 0", SaveTotalLimit),
            Must(ResumeFrom is null || ResumeFrom.Trim().Length > 0, nameof(ResumeFrom), "null or a checkpoint's folder", "empty"),
            Must(MetricsFolder is null || MetricsFolder.Trim().Length > 0, nameof(MetricsFolder), "null or a folder's name", "empty"),
            Must((ReportTo & ~ReportTo.All) == 0, nameof(ReportTo), $"a combination of {string.Join(", ", Enum.GetNames<ReportTo>())}", ReportTo),
            Must(!string.IsNullOrWhiteSpace(MetricForBestModel), nameof(MetricForBestModel), "the name of a metric", "empty"),
            Must(EarlyStoppingPatience is null or > 0, nameof(EarlyStoppingPatience), "null or greater than 0", EarlyStoppingPatience),
            Must(double.IsFinite(EarlyStoppingThreshold) && EarlyStoppingThreshold >= 0, nameof(EarlyStoppingThreshold), "a finite number of at least 0", EarlyStoppingThreshold),
            Must(DivergenceWindow >= 0, nameof(DivergenceWindow), "at least 0", DivergenceWindow),
            Must(double.IsFinite(DivergenceFactor) && DivergenceFactor > 0, nameof(DivergenceFactor), "greater than 0", DivergenceFactor),
        ];
        return problems.OfType<string>();
    }
}
