using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>The kind <c>optimizer</c>: the weights after each step on given gradients.</summary>
internal static class OptimizerReplay
{
    /// <summary>Why the fixture cannot be run yet, or null.</summary>
    public static string? NotYet(JsonElement fixture) => fixture.TryGetProperty("runs", out _) ? null : "8-bit AdamW";

    public static IEnumerable<CaseReport> Run(JsonElement fixture) => fixture.GetProperty("runs").EnumerateArray().Select(run => Case(fixture, run));

    private static CaseReport Case(JsonElement fixture, JsonElement run)
    {
        var report = new CaseReport($"{run.GetProperty("optimizer").GetString()} {run.GetProperty("options")}");
        var options = new SftOptions
        {
            Optimizer = run.GetProperty("optimizer").GetString() switch { "adamw" => OptimizerKind.AdamW, "lion" => OptimizerKind.Lion, "rmsprop" => OptimizerKind.RmsProp, var other => throw new NotSupportedException($"optimizer '{other}'") },
            MaxGradNorm = 0,
        };
        foreach (var option in run.GetProperty("options").EnumerateObject())
            switch (option.Name)
            {
                case "betas": (options.AdamBeta1, options.AdamBeta2) = (option.Value[0].GetDouble(), option.Value[1].GetDouble()); break;
                case "eps": options.AdamEpsilon = option.Value.GetDouble(); break;
                case "alpha": options.RmsPropAlpha = option.Value.GetDouble(); break;
                case "source": break;
                default: throw new NotSupportedException($"option '{option.Name}' of the optimiser");
            }
        // Weights with one decay are one set of buffers: a matrix decays, what is called a norm does not.
        foreach (var group in fixture.GetProperty("start").EnumerateObject().GroupBy(start => run.GetProperty("weight_decay").GetProperty(start.Name).GetDouble()))
        {
            using var scope = NewDisposeScope();
            options.WeightDecay = group.Key;
            options.Validate();
            var weights = group.Select(start => (start.Name, Weight: new Parameter(tensor(start.Value.GetProperty("values").Floats(), [.. start.Value.GetProperty("shape").Ints().Select(n => (long)n)]).reshape(-1, 1)))).ToList();
            using var flat = new FlatParameters(weights.Select(w => (group.Key > 0 ? w.Name : w.Name + ".norm", w.Weight)));
            using var optimizer = FlatOptimizer.Create(flat, options);
            var rates = run.GetProperty("learning_rates");
            for (int step = 0; step < rates.GetArrayLength(); step++)
            {
                foreach (var (name, weight) in weights)
                    weight.grad!.copy_(tensor(fixture.GetProperty("gradients")[step].GetProperty(name).Floats(), weight.shape));
                optimizer.Step(rates[step].GetDouble(), optimizer.GradientNorm());
                foreach (var (name, weight) in weights)
                    report.OfLargest("weights", run.GetProperty("parameters")[step].GetProperty(name).Floats(), Fixtures.Values(weight), 1e-6);
            }
        }
        return report;
    }
}
