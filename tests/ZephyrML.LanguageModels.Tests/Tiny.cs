using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Small models for algebra.</summary>
internal static class Tiny
{
    public static ModelConfig Config(int? window = null, bool tied = false) => new()
    {
        ModelType = window is null ? "llama" : "mistral", VocabSize = 50, HiddenSize = 24, IntermediateSize = 40, NumHiddenLayers = 2, NumAttentionHeads = 4, NumKeyValueHeads = 2,
        HeadDim = 8, MaxPositionEmbeddings = 64, SlidingWindow = window, TieWordEmbeddings = tied, BosTokenId = 1, EosTokenIds = [2],
    };

    public static int[] Ids(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 50))];
    }

    public static Tensor Batch(params int[][] rows) => tensor(rows.SelectMany(r => r.Select(i => (long)i)).ToArray(), [rows.Length, rows[0].Length]);
}
