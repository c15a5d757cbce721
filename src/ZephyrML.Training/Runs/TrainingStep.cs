namespace ZephyrML.Training;

/// <summary>An optimiser step to make.</summary>
/// <param name="Number">From 1.</param>
/// <param name="MicroBatches">The units of each micro-batch.</param>
/// <param name="LearningRate">Its rate.</param>
internal readonly record struct TrainingStep(int Number, int[][] MicroBatches, double LearningRate);
