using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace ZephyrML.Fitting;

/// <summary>Writes down where a student comes from.</summary>
internal static class Lineage
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static StudentInfo After(
        StudentStart start, LanguageModel model, string stage, int seed, TrainingOptions options, TrainingResult result, int skipped, int heldOut)
    {
        var step = new LineageStep
        {
            Stage = stage,
            Version = typeof(Lineage).Assembly.GetName().Version?.ToString(3) ?? "",
            Seed = seed,
            BaseModel = start.Folder,
            StartWeights = start.Weights,
            Weights = model.WeightsHash,
            Template = model.Template.Name,
            RowsUsed = result.RowsUsed,
            RowsSkipped = skipped + result.RowsDropped,
            RowsHeldOut = heldOut,
            Options = Options(options),
            Metrics = Metrics(result),
        };
        return new StudentInfo([.. start.From?.Info.Steps ?? [], step]);
    }

    /// <summary>Where a model that is about to be trained comes from, as JSON: what a checkpoint keeps.</summary>
    public static string Before(StudentStart start) => new JsonObject
    {
        ["base_model"] = start.Folder, ["start_weights"] = start.Weights, ["template"] = start.Model.Template.Name,
        ["steps"] = JsonSerializer.SerializeToNode(start.From?.Info.Steps ?? [], Json),
    }.ToJsonString();

    /// <summary>The options without what names a place on this machine.</summary>
    private static string Options(TrainingOptions options)
    {
        var json = JsonSerializer.SerializeToNode(options, options.GetType(), Json) as JsonObject ?? [];
        foreach (var place in (string[])["BaseModel", "GpuDeviceId", nameof(TrainingOptions.MemoryCheck), nameof(TrainingOptions.MemoryLimit), nameof(TrainingOptions.CheckpointFolder), nameof(TrainingOptions.ResumeFrom), nameof(TrainingOptions.MetricsFolder)])
            json.Remove(place);
        return json.ToJsonString();
    }

    // Timings are left out: equal runs have equal lineage.
    private static Dictionary<string, double> Metrics(TrainingResult result)
    {
        var metrics = new Dictionary<string, double>();
        foreach (var (name, value) in (result.Steps.Count > 0 ? result.Steps[^1].Values : new Dictionary<string, double>()).Concat(result.Evaluations.Count > 0 ? result.Evaluations[^1].Values : []))
        {
            if (double.IsFinite(value) && !name.Contains("second", StringComparison.Ordinal) && !name.Contains("runtime", StringComparison.Ordinal))
                metrics[name] = value;
        }
        return metrics;
    }
}
