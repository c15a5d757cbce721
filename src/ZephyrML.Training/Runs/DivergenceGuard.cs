namespace ZephyrML.Training;

/// <summary>Sees from the losses and gradients that a run went wrong.</summary>
internal sealed class DivergenceGuard(TrainingOptions options)
{
    private readonly Queue<double> window = [];
    private double lowest = double.PositiveInfinity;

    /// <summary>Takes a step's metrics in; null where all is well, else what is wrong.</summary>
    public string? Problem(StepMetrics step)
    {
        double loss = step["loss"], norm = step["grad_norm"];
        if (options.StopOnNonFinite && !(double.IsFinite(loss) && double.IsFinite(norm)))
            return FormattableString.Invariant($"the loss is {loss}, the gradient's norm {norm}; expected finite numbers");
        if (options.DivergenceWindow == 0 || !double.IsFinite(loss))
            return null;
        window.Enqueue(loss);
        if (window.Count < options.DivergenceWindow)
            return null;
        if (window.Count > options.DivergenceWindow)
            window.Dequeue();
        double mean = window.Average();
        lowest = Math.Min(lowest, mean);
        double limit = lowest + options.DivergenceFactor * Math.Max(1, Math.Abs(lowest));
        return mean <= limit ? null : FormattableString.Invariant(
            $"the loss explodes: its mean over the last {window.Count} steps is {mean:0.####}, the lowest such mean was {lowest:0.####} ({nameof(TrainingOptions.DivergenceFactor)} {options.DivergenceFactor} allows {limit:0.####}; {nameof(TrainingOptions.DivergenceWindow)} = 0 lets it go on)");
    }
}
