using ZephyrML.Training;
using ZephyrML.Transforms;

namespace ZephyrML.Fitting;

/// <summary>What Fit brings along to a trainer.</summary>
internal static class FitContext
{
    public static TrainingContext Of(StageContext context, FitLog log, int seed, StudentStart start, string startWeights) => new()
    {
        Progress = log,
        Warnings = log,
        CancellationToken = context.CancellationToken,
        Seed = seed,
        CacheFolder = context.CacheFolder,
        Lineage = Lineage.Before(start, startWeights),
        ModelFiles = start.Model.Files().Where(file => !file.Name.EndsWith(".safetensors", StringComparison.Ordinal)), // the trainer writes the weights
    };
}
