using ZephyrML.Training;
using ZephyrML.Transforms;

namespace ZephyrML.Fitting;

/// <summary>What Fit brings along to a trainer.</summary>
internal static class FitContext
{
    /// <summary>A run that was begun without a fixed seed goes on with the one it had.</summary>
    public static int? SeedOfCheckpoints(TrainingOptions options) => options.CheckpointFolder is { } folder ? TrainingCheckpoints.SeedOf(folder) : null;

    public static TrainingContext Of(StageContext context, FitLog log, int seed, StudentStart start) => new()
    {
        Progress = log,
        Warnings = log,
        Memory = log,
        StopTokenIds = start.Model.StopTokenIds,
        CancellationToken = context.CancellationToken,
        Seed = seed,
        CacheFolder = context.CacheFolder,
        Lineage = Lineage.Before(start),
        ModelFiles = (start.Model.Network.Adapter is null ? start.Model.Files() : start.Model.AdapterFiles()).Where(file => !file.Name.EndsWith(".safetensors", StringComparison.Ordinal)), // the trainer writes the weights
    };
}
