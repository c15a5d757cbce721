using System.Text.Json;

namespace ZephyrML.Training.Tests;

/// <summary>The kind <c>schedule</c>: our learning rates against transformers'.</summary>
internal static class ScheduleReplay
{
    public static IEnumerable<CaseReport> Run(JsonElement fixture) => fixture.GetProperty("cases").EnumerateArray().Select(Case);

    private static CaseReport Case(JsonElement c)
    {
        string name = c.GetProperty("name").GetString()!;
        var kwargs = c.GetProperty("lr_scheduler_kwargs");
        int total = c.GetProperty("total_steps").GetInt32();
        double warmupGiven = c.GetProperty("warmup_steps").GetDouble(), peak = c.GetProperty("learning_rate").GetDouble();
        var report = new CaseReport(FormattableString.Invariant($"{name} {kwargs} of {total} steps, {warmupGiven} of warm-up"));
        var rates = c.GetProperty("learning_rates").EnumerateArray().Select(r => r.Number()).ToArray();
        bool fails = c.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String;
        var options = new SftOptions { LearningRate = peak };
        try
        {
            (options.Schedule, options.ScheduleShape) = (TraceOptions.ScheduleNamed(name), TraceOptions.ShapeOf(kwargs, peak));
            (options.WarmupRatio, options.WarmupSteps) = TraceOptions.Warmup(warmupGiven);
            options.Validate();
        }
        catch (Exception e) when (fails && rates.Length == 0 && e is ArgumentException or NotSupportedException)
        {
            return report;                                                  // what the library refuses, we refuse
        }
        if (fails && rates.Length == 0)
            report.Problem($"is accepted, where the library says {error.GetString()}");
        int warmup = LearningRate.WarmupSteps(options, total);
        if (c.TryGetProperty("resolved_warmup_steps", out var resolved))
            report.Number("warm-up steps", resolved.GetInt32(), warmup, 0);
        for (int step = 0; step < rates.Length; step++)
            report.Number("rate", rates[step], LearningRate.At(step, options, warmup, total), 1e-12 * Math.Max(peak, Math.Abs(rates[step])));
        return report;
    }
}
