using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

[TestClass]
public sealed class CausalLMTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void WeightsHaveHuggingFacesNamesAndShapes(bool tied)
    {
        var config = Tiny.Config(tied: tied);
        using var model = new CausalLM(config);
        var expected = WeightShapes.Of(config).ToDictionary(w => w.Name, w => string.Join(",", w.Shape));
        CollectionAssert.AreEquivalent(expected.Keys.ToList(), model.NamedWeights.Select(w => w.Name).ToList());
        foreach (var (name, weight) in model.NamedWeights)
        {
            Assert.AreEqual(expected[name], string.Join(",", weight.shape), name);
            Assert.IsTrue(weight.requires_grad, name);
        }
    }

    [TestMethod]
    public void EqualSeedsGiveEqualWeightsOfTheDocumentedSize()
    {
        using var scope = NewDisposeScope();
        var config = Tiny.Config() with { HiddenSize = 64, IntermediateSize = 128 };
        using CausalLM a = new(config, seed: 5), b = new(config, seed: 5), c = new(config, seed: 6);
        for (int i = 0; i < a.NamedWeights.Count; i++)
        {
            var (name, weight) = a.NamedWeights[i];
            Assert.AreEqual(0, Close.Difference(weight, b.NamedWeights[i].Weight), name);
            if (weight.shape.Length == 1) continue;
            Assert.AreNotEqual(0, Close.Difference(weight, c.NamedWeights[i].Weight), name);
            double expected = name.Contains("embed") ? 0.5 : 1 / Math.Sqrt(weight.shape[1]);
            Assert.AreEqual(expected, weight.std().item<float>(), 0.1 * expected, name);
        }
    }

    [TestMethod]
    public void TheTiedHeadIsTheEmbedding()
    {
        using var scope = NewDisposeScope();
        using var model = new CausalLM(Tiny.Config(tied: true));
        var hidden = model.Hidden(Tiny.Batch(Tiny.Ids(5, 1)));
        var embedding = model.NamedWeights.Single(w => w.Name == "model.embed_tokens.weight").Weight;
        Close.Assert(hidden.matmul(embedding.t()), model.Logits(hidden), 1e-5);
    }

    [TestMethod]
    public void NoTensorIsLeftBehind()
    {
        var config = Tiny.Config(4);
        using var model = new CausalLM(config);
        using var ids = Tiny.Batch(Tiny.Ids(9, 1));
        using var layout = AttentionLayout.Packed([[5, 4]], 9, config, CPU);
        void Forward()
        {
            using var plain = model.Hidden(ids);
            using var packed = model.Hidden(ids, layout);
            TextGenerator.Generate(model, [Tiny.Ids(5, 1), Tiny.Ids(3, 2)], [2], new GenerationOptions { MaxNewTokens = 5, Temperature = 1 });
        }
        Forward();      // makes the rotary table and the layout's bias, which stay
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        long before = statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++) Forward();
        Assert.AreEqual(before, statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void TrainingStepsLeaveNothingBehind()
    {
        using var model = new CausalLM(Tiny.Config());
        using var ids = Tiny.Batch(Tiny.Ids(9, 1));
        void Step()
        {
            using var scope = NewDisposeScope();
            model.Hidden(ids).square().sum().backward();
            model.zero_grad();
        }
        Step();
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        long before = statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++) Step();
        Assert.AreEqual(before, statistics.ThreadTotalLiveCount);
    }
}
