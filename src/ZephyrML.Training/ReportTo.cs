namespace ZephyrML.Training;

/// <summary>What a run writes its metrics to, in a folder named for its stage within <see cref="TrainingOptions.MetricsFolder"/>.</summary>
[Flags]
public enum ReportTo
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>metrics.jsonl</c>: a JSON object a step or evaluation, by TRL's names. A run that goes on from a checkpoint continues it without a step twice.</summary>
    Jsonl = 1,

    /// <summary>TensorBoard event files, with transformers' tags: train/loss, eval/loss, train/rewards/accuracies, ...</summary>
    TensorBoard = 2,

    /// <summary><c>training.svg</c>: the curves, drawn again at each evaluation, checkpoint and at the end.</summary>
    Plot = 4,

    /// <summary>All of them.</summary>
    All = Jsonl | TensorBoard | Plot,
}
