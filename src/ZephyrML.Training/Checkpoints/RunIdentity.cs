using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ZephyrML.Training;

/// <summary>What a run is a run of: the stage, the seed, the options that move a number, and fingerprints of rows and starting model. A checkpoint goes on only where all of these are the same.</summary>
internal sealed class RunIdentity
{
    /// <summary>Options that move no weight and no metric: they may change from one start to the next.</summary>
    private static readonly HashSet<string> Free =
    [
        nameof(TrainingOptions.Seed), // the seed that is really used stands beside the options
        nameof(TrainingOptions.LogEverySteps), nameof(TrainingOptions.CheckpointFolder), nameof(TrainingOptions.ResumeFrom), nameof(TrainingOptions.SaveStrategy), nameof(TrainingOptions.SaveEverySteps), nameof(TrainingOptions.SaveTotalLimit),
        nameof(TrainingOptions.RecomputeActivations), nameof(TrainingOptions.MemoryCheck), nameof(TrainingOptions.MemoryLimit), nameof(TrainingOptions.MemoryCheck), nameof(TrainingOptions.MemoryLimit),
        nameof(TrainingOptions.MetricsFolder), nameof(TrainingOptions.ReportTo),
    ];

    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly SortedDictionary<string, string> parts = new(StringComparer.Ordinal);

    private RunIdentity()
    {
    }

    /// <param name="stage">dSFT or dDPO.</param>
    /// <param name="options">The trainer's; what a derived class adds does not count.</param>
    /// <param name="seed">The seed in use.</param>
    /// <param name="fingerprints">Names and hashes of rows and model.</param>
    public RunIdentity(string stage, TrainingOptions options, int seed, params (string Name, string Hash)[] fingerprints)
    {
        parts["stage"] = stage;
        parts["seed"] = FormattableString.Invariant($"{seed}");
        var trainer = options.GetType();
        while (trainer.Assembly != typeof(RunIdentity).Assembly)
            trainer = trainer.BaseType!;
        foreach (var option in trainer.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && !Free.Contains(p.Name)))
            parts[$"option {option.Name}"] = JsonSerializer.Serialize(option.GetValue(options), option.PropertyType, Json);
        foreach (var (name, hash) in fingerprints)
            parts[name] = hash;
    }

    public JsonObject ToJson() => new(parts.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    public static RunIdentity FromJson(JsonObject json)
    {
        var identity = new RunIdentity();
        foreach (var (name, value) in json)
            identity.parts[name] = value?.GetValue<string>() ?? "";
        return identity;
    }

    /// <summary>A sentence for each thing that is not as it was; none where this run may go on from there.</summary>
    public IEnumerable<string> DifferencesFrom(RunIdentity before)
    {
        foreach (var name in parts.Keys.Union(before.parts.Keys).Order(StringComparer.Ordinal))
        {
            var (now, then) = (parts.GetValueOrDefault(name), before.parts.GetValueOrDefault(name));
            if (now != then)
                yield return $"{name}: now {now ?? "none"}, then {then ?? "none"}";
        }
    }
}
