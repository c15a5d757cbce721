using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Batch 1 = batch 16 = refill, token for token, for models of several families; nothing is left behind.</summary>
[TestClass]
public sealed class EngineTests
{
    private static readonly bool Soak = Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1";

    private static readonly Dictionary<string, ModelConfig> Configs = new()
    {
        ["llama"] = Tiny.Config(),
        ["mistral, window 6"] = Tiny.Config(6),
        ["llama, dynamic"] = Tiny.Config() with { RopeScaling = new RopeScaling { Type = "dynamic", Factor = 2 } },
        ["phi3, longrope"] = Tiny.Config() with { ModelType = "phi3", QueryKeyValue = QueryKeyValueLayout.Fused, FeedForward = FeedForwardKind.GatedFused,
            RopeScaling = new RopeScaling { Type = "longrope", OriginalMaxPositionEmbeddings = 20, ShortFactor = [1, 1, 1.5, 2], LongFactor = [1, 2, 4, 8] } },
        ["gemma2, every other layer slides, caps"] = Tiny.Config(5) with { ModelType = "gemma2", SlidingLayers = [true, false], AttentionSoftcap = 20, LogitSoftcap = 10, Norm = NormKind.RmsFromOne, NormPlacement = NormPlacement.Around, HiddenAct = "gelu_pytorch_tanh", EmbeddingMultiplier = 4 },
        ["gemma3, two rotary bases"] = Tiny.Config(5) with { ModelType = "gemma3_text", SlidingLayers = [true, false], SlidingRopeTheta = 100, Norm = NormKind.RmsFromOne, NormPlacement = NormPlacement.Around, QueryKeyNorm = QueryKeyNorm.EachHead },
        ["gpt2"] = Tiny.Config() with { ModelType = "gpt2", LearnedPositions = true, QueryKeyValue = QueryKeyValueLayout.Fused, NumKeyValueHeads = 4, TransposedWeights = true, FeedForward = FeedForwardKind.Plain, Norm = NormKind.Layer, AttentionBias = true, AttentionOutputBias = true, MlpBias = true, HiddenAct = "gelu_new", HeadDim = 6 },
        ["gpt_neox"] = Tiny.Config() with { ModelType = "gpt_neox", QueryKeyValue = QueryKeyValueLayout.FusedByHead, NumKeyValueHeads = 4, PartialRotaryFactor = 0.25, ParallelResidual = true, FeedForward = FeedForwardKind.Plain, Norm = NormKind.Layer, AttentionBias = true, AttentionOutputBias = true, MlpBias = true, HiddenAct = "gelu" },
    };

    public static IEnumerable<object[]> Families => Configs.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Families))]
    public void BatchesOfOneSixteenAndRefilledOnesAreEqualAndEqualToRecomputing(string family)
    {
        using var model = new CausalLM(Configs[family], seed: 4);
        int count = Soak ? 60 : 20;
        int[][] prompts = [.. Enumerable.Range(0, count).Select(i => Tiny.Ids(1 + i * 7 % 23, i))];
        int[] stops = [7, 8];
        (int[] Ids, bool Stopped)[] Run(int batch, double temperature) => TextGenerator.Generate(model, prompts, stops, new GenerationOptions { MaxNewTokens = 24, BatchSize = batch, Temperature = temperature, Seed = 3 });
        foreach (double temperature in new[] { 0, 1.0 })
        {
            var (one, sixteen, three) = (Run(1, temperature), Run(16, temperature), Run(3, temperature));
            for (int i = 0; i < count; i++)
            {
                CollectionAssert.AreEqual(one[i].Ids, sixteen[i].Ids, $"{family}, row {i}, 16");
                CollectionAssert.AreEqual(one[i].Ids, three[i].Ids, $"{family}, row {i}, refilled");
                Assert.AreEqual(one[i].Stopped, three[i].Stopped);
            }
            if (temperature > 0) continue;
            for (int i = 0; i < count; i += 5) CollectionAssert.AreEqual(Recomputed(model, prompts[i], stops, 24), one[i].Ids, $"{family}, row {i}, without cache");
        }
    }

    private static int[] Recomputed(CausalLM model, int[] prompt, int[] stops, int most)
    {
        var ids = prompt.ToList();
        while (ids.Count < prompt.Length + most)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            int token = (int)model.Logits(model.Hidden(Tiny.Batch([.. ids])).select(1, ids.Count - 1)).argmax().item<long>();
            if (stops.Contains(token)) break;
            ids.Add(token);
        }
        return [.. ids.Skip(prompt.Length)];
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(40)]
    [DataRow(600)]
    public void LongPromptsAreReadInPiecesWhileOthersGoOn(int? window)
    {
        var config = Tiny.Config(window) with { MaxPositionEmbeddings = 2000, NumHiddenLayers = 2 };
        using var model = new CausalLM(config, seed: 4);
        int[][] prompts = [Tiny.Ids(5, 1), Tiny.Ids(1400, 2), Tiny.Ids(9, 3), Tiny.Ids(530, 4)];
        var together = TextGenerator.Generate(model, prompts, [], new GenerationOptions { MaxNewTokens = 6, BatchSize = 4 });
        for (int i = 0; i < prompts.Length; i++) CollectionAssert.AreEqual(Recomputed(model, prompts[i], [], 6), together[i].Ids, $"row {i}");
    }

    [TestMethod]
    public void OtherTypesOfWeightsGoTheGeneralWay()
    {
        using var model = new CausalLM(Tiny.Config(6), ScalarType.Float64, seed: 4);
        int[][] prompts = [Tiny.Ids(5, 1), Tiny.Ids(12, 2), Tiny.Ids(1, 3)];
        var together = TextGenerator.Generate(model, prompts, [], new GenerationOptions { MaxNewTokens = 15 });
        for (int i = 0; i < prompts.Length; i++) CollectionAssert.AreEqual(Recomputed(model, prompts[i], [], 15), together[i].Ids);
    }

    [TestMethod]
    public void AWindowBoundsTheCache()
    {
        long Bytes(int? window)
        {
            using var model = new CausalLM(Tiny.Config(window) with { MaxPositionEmbeddings = 2000 }, seed: 4);
            using var engine = new GenerationEngine(model);
            engine.Add(TextGenerator.Row(model.Config, Tiny.Ids(300, 1), 0, [], new GenerationOptions { MaxNewTokens = 30 }, null, _ => { }, (_, _) => { }, default));
            long most = 0;
            while (engine.Busy)
            {
                most = Math.Max(most, engine.CacheBytes);
                engine.Step();
            }
            Assert.AreEqual(0, engine.CacheBytes, "freed when nobody is left");
            return most;
        }
        const long perColumn = 2 * 2 * 2 * 8 * 4;      // two layers, keys and values, two heads of 8 floats
        Assert.AreEqual(16 * perColumn, Bytes(16));
        Assert.IsTrue(Bytes(null) is >= 330 * perColumn and <= 660 * perColumn);
    }

    [TestMethod]
    public void ARowThatIsCancelledLeavesTheOthers()
    {
        using var model = new CausalLM(Tiny.Config(6), seed: 4);
        var alone = Enumerable.Range(0, 6).Select(i => TextGenerator.Generate(model, [Tiny.Ids(3 + i, i)], [], new GenerationOptions { MaxNewTokens = 20 })[0].Ids).ToList();
        using var engine = new GenerationEngine(model);
        var cancel = Enumerable.Range(0, 6).Select(_ => new CancellationTokenSource()).ToList();
        var ended = new (int[]? Ids, Exception? Error)[6];
        for (int i = 0; i < 6; i++)
        {
            int row = i;
            engine.Add(TextGenerator.Row(model.Config, Tiny.Ids(3 + i, i), i, [], new GenerationOptions { MaxNewTokens = 20, BatchSize = 4 }, null, _ => { }, (r, e) => ended[row] = (r.Output, e), cancel[i].Token));
        }
        for (int step = 0; engine.Busy; step++)
        {
            if (step == 3) cancel[1].Cancel();       // one that is under way
            if (step == 5) cancel[5].Cancel();       // one that waits
            engine.Step();
        }
        for (int i = 0; i < 6; i++)
        {
            if (i is 1 or 5) Assert.IsInstanceOfType<OperationCanceledException>(ended[i].Error);
            else CollectionAssert.AreEqual(alone[i], ended[i].Ids);
        }
        Assert.IsLessThan(20, ended[1].Ids!.Length);
    }

    [TestMethod]
    public void StepsLeaveNothingBehind()
    {
        using var model = new CausalLM(Tiny.Config(6) with { MaxPositionEmbeddings = 4000 }, seed: 4);
        using var engine = new GenerationEngine(model);
        void Add(int i) => engine.Add(TextGenerator.Row(model.Config, Tiny.Ids(4, i), i, [], new GenerationOptions { MaxNewTokens = 40 + i % 5, Temperature = 1, BatchSize = 4 }, null, _ => { }, (_, _) => { }, default));
        for (int i = 0; i < 6; i++) Add(i);
        for (int i = 0; i < 70; i++) engine.Step();
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        long before = statistics.ThreadTotalLiveCount;
        for (int i = 0; i < (Soak ? 5000 : 300); i++)
        {
            if (engine.Active < 3) Add(i);
            engine.Step();
        }
        Assert.AreEqual(before, statistics.ThreadTotalLiveCount);
        while (engine.Busy) engine.Step();
    }
}
