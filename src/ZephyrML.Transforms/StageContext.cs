using Microsoft.ML;

namespace ZephyrML.Transforms;

/// <summary>What the catalog gives to every stage that it makes.</summary>
/// <param name="Ml">The context that the catalog belongs to.</param>
/// <param name="Seed">The seed where options name none.</param>
/// <param name="MaxConcurrency">Rows that are computed at the same time at most.</param>
/// <param name="CancellationToken">Ends every long call.</param>
/// <param name="Progress">Told about every long call.</param>
/// <param name="CacheFolder">Where intermediate results may be kept; null: nowhere.</param>
internal sealed record StageContext(
    MLContext Ml, int Seed, int MaxConcurrency, CancellationToken CancellationToken, IProgress<ZephyrProgress>? Progress, string? CacheFolder);
