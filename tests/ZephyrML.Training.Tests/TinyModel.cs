using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

internal static class TinyModel
{
    public static CausalLM Create(int seed = 1, int vocabulary = 61, int layers = 2, bool tied = false, int? window = null) => new(Config(vocabulary, layers, tied, window), seed: seed);

    public static ModelConfig Config(int vocabulary = 61, int layers = 2, bool tied = false, int? window = null) => new()
    {
        ModelType = window is null ? "llama" : "mistral", VocabSize = vocabulary, HiddenSize = 32, IntermediateSize = 48, NumHiddenLayers = layers, NumAttentionHeads = 4, NumKeyValueHeads = 2, TieWordEmbeddings = tied, SlidingWindow = window,
    };

    public static SftRow[] SftRows(int count, int seed = 7, int vocabulary = 61, int minLength = 5, int maxLength = 24)
    {
        var random = SeedStream.Create(seed, "rows", 0);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int length = random.Next(minLength, maxLength), prompt = random.Next(1, length - 1);
            return new SftRow([.. Enumerable.Range(0, length).Select(_ => random.Next(3, vocabulary))], [.. Enumerable.Range(0, length).Select(i => i >= prompt)]);
        })];
    }

    public static PreferenceRow[] Pairs(int count, int seed = 7, int vocabulary = 61)
    {
        var random = SeedStream.Create(seed, "pairs", 0);
        int[] Some(int most) => [.. Enumerable.Range(0, random.Next(1, most)).Select(_ => random.Next(3, vocabulary))];
        return [.. Enumerable.Range(0, count).Select(_ => new PreferenceRow(Some(10), Some(14), Some(14)))];
    }

    /// <summary>All weights, one after the other.</summary>
    public static float[] Weights(CausalLM model) => [.. model.NamedWeights.Concat(model.Adapter?.Weights ?? []).SelectMany(w => Fixtures.Values(w.Weight))];

    public static void AssertClose(float[] expected, float[] actual, double tolerance, string what)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
            if (Math.Abs(expected[i] - actual[i]) > tolerance)
                Assert.Fail(FormattableString.Invariant($"{what}: [{i}] is {actual[i]:R}, expected {expected[i]:R} ± {tolerance:g3}"));
    }
}
