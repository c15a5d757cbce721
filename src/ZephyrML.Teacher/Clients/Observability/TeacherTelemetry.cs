using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ZephyrML.Teacher;

/// <summary>
/// What OpenTelemetry, or any other listener, can hear: spans and metrics by the GenAI conventions (v1.38), and counters of our own. Without a listener they cost
/// next to nothing. <c>AddSource(TeacherTelemetry.Name)</c>, <c>AddMeter(TeacherTelemetry.Name)</c>.
/// </summary>
public static class TeacherTelemetry
{
    /// <summary>The name of the ActivitySource and of the Meter.</summary>
    public const string Name = "ZephyrML.Teacher";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> CacheReads = Meter.CreateCounter<long>("zephyr.teacher.cache.reads", "{call}", "Calls that asked a response cache; zephyr.cache.hit tells whether it had the answer.");

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("zephyr.teacher.retries", "{retry}", "Calls that are made again after a failure; error.type tells which.");

    private static readonly Counter<double> Spent = Meter.CreateCounter<double>("zephyr.teacher.cost", "{cost}", "What calls cost, in the currency of the budgets' prices.");

    internal static ActivitySource Source { get; } = new(Name);

    internal static Histogram<double> Duration { get; } = Meter.CreateHistogram("gen_ai.client.operation.duration", "s", "GenAI operation duration.",
        tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });

    internal static Histogram<long> Tokens { get; } = Meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.",
        tags: null, new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864] });

    internal static void CountCache(bool hit) => CacheReads.Add(1, new KeyValuePair<string, object?>("zephyr.cache.hit", hit));

    internal static void CountRetry(Exception e)
    {
        if (Retries.Enabled)
            Retries.Add(1, new KeyValuePair<string, object?>("error.type", Failure.Kind(e)));
    }

    internal static void CountCost(decimal cost)
    {
        if (cost > 0)
            Spent.Add((double)cost);
    }
}
