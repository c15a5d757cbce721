using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>What holds for Llama holds for the other families too.</summary>
[TestClass]
public sealed class FamilyTests
{
    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3")]
    [DataRow("gpt2")]
    [DataRow("gpt-neox")]
    [DataRow("phi3")]
    public void PackedAndLeftPaddedEqualAlone(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var fixture = Fixture.Model(name);
        using var model = fixture.Network();
        int[] a = Tiny.Ids(11, 1), b = Tiny.Ids(7, 2), c = Tiny.Ids(16, 3);
        using var packed = AttentionLayout.Packed([[11, 7], [16]], 18, model.Config, CPU);
        var hidden = model.Hidden(Tiny.Batch([.. a, .. b], [.. c, 0, 0]), packed);
        foreach (var (row, start, ids) in new[] { (0, 0, a), (0, 11, b), (1, 0, c) })
            Close.Assert(model.Hidden(Tiny.Batch(ids)).select(0, 0), hidden.select(0, row).narrow(0, start, ids.Length), 1e-5, $"document at {start} of row {row}");
        using var padded = AttentionLayout.LeftPadded([16, 7], 16, model.Config, CPU);
        hidden = model.Hidden(Tiny.Batch(c, [.. new int[9], .. b]), padded);
        Close.Assert(model.Hidden(Tiny.Batch(b)).select(0, 0), hidden.select(0, 1).narrow(0, 9, 7), 1e-5, "left-padded");
    }

    [TestMethod]
    [DataRow("mistral", false)]
    [DataRow("gemma2", false)]
    [DataRow("gemma3", false)]
    [DataRow("gpt2", false)]
    [DataRow("gpt-neox", false)]
    [DataRow("phi3", false)]
    [DataRow("gemma", true)]
    [DataRow("granite", true)]
    [DataRow("llama-biases", true)]
    [DataRow("llama-yarn", true)]
    [DataRow("llama3", true)]
    [DataRow("olmo2", true)]
    [DataRow("phi3-longrope", true)]
    [DataRow("qwen2", true)]
    [DataRow("qwen3", true)]
    [DataRow("smollm3", true)]
    public void WrittenAndReadBackItComputesTheSame(string name, bool shared)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var fixture = shared ? Fixture.SharedModel(name) : Fixture.Model(name);
        using var model = fixture.Network();
        string json = model.Config.ToJson();
        Assert.AreEqual(json, ModelConfig.FromJson(json).ToJson());
        using var weights = new MemoryStream();
        SafeTensorsWriter.Write(weights, [.. model.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))]);
        Stream? Open(string file) => file switch
        {
            "config.json" => new MemoryStream(Encoding.UTF8.GetBytes(json)),
            "model.safetensors" => new MemoryStream(weights.ToArray()),
            _ => null,
        };
        var reader = new LanguageModelReader(Open, new LanguageModelOptions(), "");
        using var again = reader.ReadNetwork(reader.ReadConfig());
        var ids = fixture["input_ids"];
        Close.Assert(model.Logits(model.Hidden(ids)), again.Logits(again.Hidden(ids)), 0, "logits");
    }

    [TestMethod]
    public void EveryFamilyMakesARandomModelOfItsOwnNames()
    {
        using var fixture = Fixture.Model("gpt2");
        using var read = fixture.Network();
        using var model = new CausalLM(read.Config, seed: 1);
        CollectionAssert.AreEquivalent(WeightShapes.Of(model.Config).Select(w => w.Name).ToList(), model.NamedWeights.Select(w => w.Name).ToList());
        CollectionAssert.Contains(model.NamedWeights.Select(w => w.Name).ToList(), "transformer.h.0.attn.c_attn.weight");
        Assert.AreEqual(0f, model.NamedWeights.Single(w => w.Name == "transformer.ln_f.bias").Weight.abs().max().item<float>());
    }

    [TestMethod]
    public void LearnedPositionsEndWithAMessage()
    {
        using var fixture = Fixture.Model("gpt2");
        using var model = fixture.Network();
        using var ids = zeros(1, 129, dtype: ScalarType.Int64);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => model.Hidden(ids)).Message, "128");
    }

    [TestMethod]
    public void LongropeSwitchesItsFrequenciesWithinAReply()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = new CausalLM(Tiny.Config() with
        {
            RopeScaling = new RopeScaling { Type = "longrope", OriginalMaxPositionEmbeddings = 8, ShortFactor = [1, 1, 1, 1], LongFactor = [1, 1.5, 2.5, 4] },
        }, seed: 4);
        int[] prompt = Tiny.Ids(5, 1), other = Tiny.Ids(9, 2);
        var options = new GenerationOptions { MaxNewTokens = 8 };
        var replies = TextGenerator.Generate(model, [prompt, other], [], options);
        var all = prompt.ToList();
        foreach (int token in replies[0].Ids)
        {
            Assert.AreEqual(model.Logits(model.Hidden(Tiny.Batch([.. all])).select(1, all.Count - 1)).argmax(-1).item<long>(), token);
            all.Add(token);
        }
    }
}
