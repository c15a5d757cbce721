using System.Text.Json.Nodes;

namespace ZephyrML.Training;

/// <summary>Which evaluation was the best, and whether to stop since none was better for long: transformers' rules.</summary>
internal sealed class BestModel(TrainingOptions options) : ICheckpointed
{
    private readonly string metric = options.MetricForBestModel.StartsWith("eval_", StringComparison.Ordinal) ? options.MetricForBestModel : "eval_" + options.MetricForBestModel;
    private readonly bool greater = options.GreaterIsBetter ?? !options.MetricForBestModel.EndsWith("loss", StringComparison.Ordinal);
    private double? best;
    private int worse;

    /// <summary>The step of the best evaluation; null before there was one.</summary>
    public int? Step { get; private set; }

    /// <summary>Its metric.</summary>
    public double? Value => Step is null ? null : best;

    /// <summary>Whether patience is at its end.</summary>
    public bool Stop { get; private set; }

    /// <summary>Looks for the metric before it is needed.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public void Check(StepMetrics evaluation)
    {
        if (!evaluation.Values.ContainsKey(metric))
            throw new ArgumentException($"Option {nameof(TrainingOptions.MetricForBestModel)} is '{options.MetricForBestModel}', but evaluations have {string.Join(", ", evaluation.Values.Keys.Order(StringComparer.Ordinal))}.");
    }

    /// <summary>Takes an evaluation; says whether it is better than all before.</summary>
    public bool Take(StepMetrics evaluation)
    {
        double value = evaluation[metric];
        bool Better(double than) => greater ? value > than : value < than;
        // The threshold counts for patience only, and patience looks at the best before this one.
        worse = best is null || (Better(best.Value) && Math.Abs(value - best.Value) > options.EarlyStoppingThreshold) ? 0 : worse + 1;
        Stop = worse >= options.EarlyStoppingPatience;
        best ??= greater ? double.NegativeInfinity : double.PositiveInfinity;
        if (!Better(best.Value))
            return false;
        (best, Step) = (value, evaluation.Step);
        return true;
    }

    public void Save(CheckpointWriter to) => to.State["best"] = new JsonObject
    {
        ["metric"] = metric, ["value"] = best is { } b && double.IsFinite(b) ? b : null, ["seen"] = best is not null, ["step"] = Step, ["worse"] = worse, ["stop"] = Stop,
    };

    public void Load(CheckpointReader from)
    {
        var state = from.State["best"]!;
        best = state["value"]?.GetValue<double>() ?? (state["seen"]!.GetValue<bool>() ? greater ? double.NegativeInfinity : double.PositiveInfinity : null);
        (Step, worse, Stop) = (state["step"]?.GetValue<int>(), state["worse"]!.GetValue<int>(), state["stop"]!.GetValue<bool>());
    }
}
