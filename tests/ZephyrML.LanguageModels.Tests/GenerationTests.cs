using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

[TestClass]
public sealed class GenerationTests
{
    private static readonly int[][] Prompts = [Tiny.Ids(7, 1), Tiny.Ids(2, 2), Tiny.Ids(11, 3), Tiny.Ids(1, 4), Tiny.Ids(5, 5)];

    [TestMethod]
    [DataRow(null)]
    [DataRow(4)]
    public void TheCacheGivesWhatRecomputingEverythingGives(int? window)
    {
        using var model = new CausalLM(Tiny.Config(window), seed: 4);
        foreach (var prompt in Prompts)
        {
            var cached = TextGenerator.Generate(model, [prompt], [], new GenerationOptions { MaxNewTokens = 15 })[0].Ids;
            var ids = prompt.ToList();
            for (int i = 0; i < 15; i++)
            {
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                ids.Add((int)model.Logits(model.Hidden(Tiny.Batch([.. ids])).select(1, ids.Count - 1)).argmax().item<long>());
            }
            CollectionAssert.AreEqual(ids.Skip(prompt.Length).ToArray(), cached);
        }
    }

    [TestMethod]
    [DataRow(0.0, 1.0)]
    [DataRow(0.8, 1.0)]
    [DataRow(1.3, 0.7)]
    public void ARowsTextDoesNotDependOnItsBatch(double temperature, double topP)
    {
        using var model = new CausalLM(Tiny.Config(6), seed: 4);
        GenerationOptions Options(int batch, long first = 0) => new() { MaxNewTokens = 12, Temperature = temperature, TopP = topP, Seed = 9, BatchSize = batch, FirstRow = first };
        int[] stops = [7, 8, 9, 10, 11];      // so that rows end at different times
        var together = TextGenerator.Generate(model, Prompts, stops, Options(16));
        var pairs = TextGenerator.Generate(model, Prompts, stops, Options(2));
        for (int i = 0; i < Prompts.Length; i++)
        {
            CollectionAssert.AreEqual(together[i].Ids, pairs[i].Ids);
            var alone = TextGenerator.Generate(model, [Prompts[i]], stops, Options(1, first: i))[0];
            CollectionAssert.AreEqual(together[i].Ids, alone.Ids);
            Assert.AreEqual(together[i].Stopped, alone.Stopped);
            Assert.IsFalse(alone.Ids.Any(stops.Contains));
            Assert.IsTrue(alone.Stopped || alone.Ids.Length == 12);
        }
        Assert.IsTrue(together.Any(r => r.Stopped), "a stop token occurred");
    }

    [TestMethod]
    public void SeedsAndRowsHaveStreamsOfTheirOwn()
    {
        using var model = new CausalLM(Tiny.Config(), seed: 4);
        int[][] same = [Prompts[0], Prompts[0], Prompts[0]];
        int[][] Run(int seed) => [.. TextGenerator.Generate(model, same, [], new GenerationOptions { MaxNewTokens = 20, Temperature = 1, Seed = seed }).Select(r => r.Ids)];
        var first = Run(1);
        for (int i = 0; i < 3; i++) CollectionAssert.AreEqual(first[i], Run(1)[i]);
        CollectionAssert.AreNotEqual(first[0], first[1]);
        CollectionAssert.AreNotEqual(first[0], Run(2)[0]);
    }

    [TestMethod]
    public void LimitsAndFaults()
    {
        using var model = new CausalLM(Tiny.Config(), seed: 4);
        Assert.AreEqual(64 - 60, TextGenerator.Generate(model, [Tiny.Ids(60, 1)], [], new GenerationOptions())[0].Ids.Length, "ends where the longest sequence does");
        foreach (var (prompt, named) in new[] { (Array.Empty<int>(), "empty"), (Tiny.Ids(64, 1), "max_position_embeddings"), ([50], "50"), ([-1], "-1") })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => TextGenerator.Generate(model, [[1], prompt], [], new GenerationOptions())).Message, named);
        var wrong = new GenerationOptions { MaxNewTokens = 0, Temperature = -1, TopP = -0.1, BatchSize = 0 };
        var error = Assert.ThrowsExactly<ArgumentException>(wrong.Validate);
        foreach (string name in new[] { "MaxNewTokens", "Temperature", "TopP", "BatchSize" }) StringAssert.Contains(error.Message, name);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => TextGenerator.Generate(model, Prompts, [], new GenerationOptions(), cancelled.Token));
        Assert.AreEqual(0, TextGenerator.Generate(model, [], [], new GenerationOptions()).Length);
    }
}
