namespace ZephyrML.Training;

/// <summary>Where a training run stands.</summary>
/// <param name="Stage"><c>dSFT</c> or <c>dDPO</c>; <c>dDPO reference</c> while the reference's log-probabilities are computed (then steps are batches and Loss is NaN).</param>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps in all.</param>
/// <param name="Loss">Loss of this step.</param>
/// <param name="LearningRate">Learning rate of this step.</param>
/// <param name="GradNorm">Global 2-norm of this step's gradients before clipping.</param>
/// <param name="TokensPerSecond">Tokens trained on per second so far, padding and evaluations not counted.</param>
/// <param name="TimeLeft">Estimate of the time to the end, from the mean time per step.</param>
/// <param name="Metrics">All metrics of this step, by TRL's names; those of an evaluation begin with <c>eval_</c>.</param>
public sealed record TrainingProgress(string Stage, int Step, int TotalSteps, double Loss, double LearningRate, double GradNorm, double TokensPerSecond, TimeSpan TimeLeft, IReadOnlyDictionary<string, double> Metrics);
