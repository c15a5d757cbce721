namespace ZephyrML.Training;

/// <summary>The metrics of one optimiser step, or of one evaluation after that many steps.</summary>
/// <param name="Step">The step, from 1; for an evaluation, how many steps were done (0: before training).</param>
/// <param name="Values">By TRL's names: loss, grad_norm, learning_rate, rewards/accuracies, ...; in an evaluation with <c>eval_</c> in front.</param>
public sealed record StepMetrics(int Step, IReadOnlyDictionary<string, double> Values)
{
    /// <summary>The metric of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public double this[string name] => Values.TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"There is no metric '{name}'; there are {string.Join(", ", Values.Keys)}.");
}
