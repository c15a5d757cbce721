using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ZephyrML.Training;

/// <summary>Training's instruments for System.Diagnostics.Metrics and so for OpenTelemetry. All carry the tag <c>zephyr.stage</c> (dSFT, dDPO); they cost nothing where nobody listens.</summary>
public static class TrainingTelemetry
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "ZephyrML.Training";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Steps = Meter.CreateCounter<long>("zephyr.training.steps", "{step}", "Optimiser steps made.");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("zephyr.training.tokens", "{token}", "Tokens trained on, padding not counted.");
    private static readonly Histogram<double> StepDuration = Meter.CreateHistogram<double>("zephyr.training.step.duration", "s", "Time of an optimiser step.");
    private static readonly Histogram<double> CheckpointDuration = Meter.CreateHistogram<double>("zephyr.training.checkpoint.duration", "s", "Time to write a checkpoint.");
    private static readonly Gauge<double> Loss = Meter.CreateGauge<double>("zephyr.training.loss", null, "Loss of the last step.");
    private static readonly Gauge<double> GradNorm = Meter.CreateGauge<double>("zephyr.training.grad_norm", null, "Global 2-norm of the last step's gradients before clipping.");
    private static readonly Gauge<double> Rate = Meter.CreateGauge<double>("zephyr.training.learning_rate", null, "Learning rate of the last step.");
    private static readonly Gauge<double> Metric = Meter.CreateGauge<double>("zephyr.training.metric", null, "Every metric of the last step or evaluation; zephyr.metric is its TRL name, eval_ in front for an evaluation's.");

    internal static void Record(string stage, StepMetrics metrics)
    {
        var tag = Tag(stage);
        if (!MetricLines.IsEvaluation(metrics))
            Steps.Add(1, tag);
        Record(Loss, "loss");
        Record(GradNorm, "grad_norm");
        Record(Rate, "learning_rate");
        if (Metric.Enabled)
        {
            foreach (var (name, value) in metrics.Values)
                Metric.Record(value, tag, new("zephyr.metric", name));
        }

        void Record(Gauge<double> gauge, string name)
        {
            if (gauge.Enabled && metrics.Values.TryGetValue(name, out double value))
                gauge.Record(value, tag);
        }
    }

    internal static void Step(string stage, TimeSpan duration, long tokens)
    {
        StepDuration.Record(duration.TotalSeconds, Tag(stage));
        Tokens.Add(tokens, Tag(stage));
    }

    internal static void Checkpoint(string stage, TimeSpan duration) => CheckpointDuration.Record(duration.TotalSeconds, Tag(stage));

    private static KeyValuePair<string, object?> Tag(string stage) => new("zephyr.stage", stage);
}
