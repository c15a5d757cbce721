namespace ZephyrML;

/// <summary>Where a long call stands.</summary>
/// <param name="Stage">The stage: TeacherGenerate, Rank, dSFT, dDPO, SelfInstruct.</param>
/// <param name="Done">Rows or steps done.</param>
/// <param name="Total">Rows or steps in all; null where it is not known.</param>
/// <param name="PerSecond">The rate: tokens a second in training, rows a second elsewhere.</param>
/// <param name="TimeLeft">Estimated time to the end; null where it is not known.</param>
/// <param name="Metrics">What is measured, by TRL's names in training (loss, learning_rate, grad_norm, rewards/accuracies, ...).</param>
public sealed record ZephyrProgress(string Stage, long Done, long? Total, double PerSecond, TimeSpan? TimeLeft, IReadOnlyDictionary<string, double> Metrics);
