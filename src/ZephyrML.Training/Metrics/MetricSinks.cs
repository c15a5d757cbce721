namespace ZephyrML.Training;

/// <summary>All the places where a run's metrics go.</summary>
internal sealed class MetricSinks(string stage, TrainingOptions options) : IDisposable
{
    private readonly List<IMetricSink> sinks = [];

    public void Begin(IReadOnlyList<StepMetrics> before, int step)
    {
        if ((options.MetricsFolder ?? options.CheckpointFolder) is { } root && options.ReportTo != ReportTo.None)
        {
            var folder = Path.Combine(root, stage);
            Directory.CreateDirectory(folder);
            if (options.ReportTo.HasFlag(ReportTo.Jsonl))
                sinks.Add(new JsonlSink(folder));
            if (options.ReportTo.HasFlag(ReportTo.TensorBoard))
                sinks.Add(new TensorBoardSink(folder, TimeProvider.System));
            if (options.ReportTo.HasFlag(ReportTo.Plot))
                sinks.Add(new PlotSink(folder, stage));
        }
        foreach (var sink in sinks)
            sink.Begin(before, step);
    }

    public void Take(StepMetrics metrics)
    {
        TrainingTelemetry.Record(stage, metrics);
        foreach (var sink in sinks)
            sink.Take(metrics);
        if (MetricLines.IsEvaluation(metrics))
            Rest();
    }

    public void Rest()
    {
        foreach (var sink in sinks)
            sink.Rest();
    }

    public void Dispose()
    {
        foreach (var sink in sinks)
            sink.Dispose();
    }
}
