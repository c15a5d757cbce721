namespace ZephyrML.Training;

/// <summary>Somewhere metrics go.</summary>
internal interface IMetricSink : IDisposable
{
    /// <summary>Called once, first.</summary>
    /// <param name="before">What a checkpoint says of the steps and evaluations before; empty where the run begins at the beginning.</param>
    /// <param name="step">The step of that checkpoint.</param>
    void Begin(IReadOnlyList<StepMetrics> before, int step);

    /// <summary>Takes a step's or an evaluation's metrics.</summary>
    void Take(StepMetrics metrics);

    /// <summary>Called at evaluations, checkpoints and the end: a good moment for work that is not done for each step.</summary>
    void Rest();
}
