namespace ZephyrML.Training;

/// <summary>The curves of a run as an SVG file that is drawn anew at each rest.</summary>
internal sealed class PlotSink(string folder, string stage) : IMetricSink
{
    private static readonly string[][] Charts =
    [
        ["loss", "eval_loss"], ["rewards/accuracies", "eval_rewards/accuracies"], ["rewards/margins", "eval_rewards/margins"], ["rewards/chosen", "rewards/rejected"], ["logps/chosen", "logps/rejected"],
        ["mean_token_accuracy", "eval_mean_token_accuracy"], ["entropy", "eval_entropy"], ["grad_norm"], ["learning_rate"],
    ];

    private readonly Dictionary<string, List<(int Step, double Value)>> curves = [];
    private bool drawn = true;

    public void Begin(IReadOnlyList<StepMetrics> before, int step)
    {
        foreach (var metrics in before)
            Take(metrics);
    }

    public void Take(StepMetrics metrics)
    {
        foreach (var (name, value) in metrics.Values)
        {
            if (!curves.TryGetValue(name, out var curve))
                curves[name] = curve = [];
            curve.Add((metrics.Step, value));
        }
        drawn = false;
    }

    public void Rest()
    {
        if (drawn)
            return;
        var charts = Charts.Select(names => names.Where(curves.ContainsKey).ToList()).Where(names => names.Count > 0)
            .Select(names => (IReadOnlyList<CurveChart.Curve>)[.. names.Select(name => new CurveChart.Curve(name, curves[name]))]).ToList();
        var path = Path.Combine(folder, "training.svg");
        File.WriteAllText(path + ".part", CurveChart.Draw(stage, charts));
        File.Move(path + ".part", path, overwrite: true);
        drawn = true;
    }

    public void Dispose() => Rest();
}
