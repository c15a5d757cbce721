using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>The decoder computes what transformers computes.</summary>
[TestClass]
public sealed class ModelFixtureTests
{
    private const string Mistral = "mistral", Sharded = "mistral-sharded-bf16";

    [TestMethod]
    [DataRow(Mistral)]
    [DataRow(Sharded)]
    [DataRow("gemma2")]
    [DataRow("gemma3")]
    [DataRow("gpt2")]
    [DataRow("gpt-neox")]
    [DataRow("phi3")]
    public void OwnCopies_LogitsLossAndGreedyTokens(string name)
    {
        using var fixture = Fixture.Model(name);
        using var model = fixture.Network();
        CheckLogits(fixture, model);
        CheckLossAndGradients(fixture, model);
        CheckGreedy(fixture, model);
    }

    [TestMethod]
    [DataRow("gemma")]
    [DataRow("gemma2")]
    [DataRow("gemma3")]
    [DataRow("gpt-neox")]
    [DataRow("gpt2")]
    [DataRow("granite")]
    [DataRow("llama-biases")]
    [DataRow("llama-dynamic")]
    [DataRow("llama-linear")]
    [DataRow("llama-yarn")]
    [DataRow("llama2")]
    [DataRow("llama3")]
    [DataRow("mistral")]
    [DataRow("mistral-sharded-bf16")]
    [DataRow("olmo2")]
    [DataRow("phi3")]
    [DataRow("phi3-longrope")]
    [DataRow("qwen2")]
    [DataRow("qwen3")]
    [DataRow("smollm3")]
    public void Shared_HiddenStatesGradientsAndAll(string name)
    {
        using var fixture = Fixture.SharedModel(name);
        using var model = fixture.Network();
        CheckLogits(fixture, model);
        CheckHidden(fixture, model);
        CheckLossAndGradients(fixture, model);
        CheckGreedy(fixture, model);
    }

    [TestMethod]
    [DataRow("gemma-gelu-linear")]
    [DataRow("gemma2-types-relu")]
    [DataRow("gemma3-local-scaled")]
    [DataRow("gemma3-v4")]
    [DataRow("gpt2-inverse-untied")]
    [DataRow("granite-bias")]
    [DataRow("llama-bias-f16")]
    [DataRow("llama-longrope-factor")]
    [DataRow("llama-yarn-mscale")]
    [DataRow("llama3-toplevel-orig")]
    [DataRow("neox-nobias-tied")]
    [DataRow("neox-serial-half")]
    [DataRow("olmo2-bias-headdim")]
    [DataRow("phi3-longrope-partial-v5")]
    [DataRow("qwen2-layertypes")]
    [DataRow("qwen3-bias-window")]
    [DataRow("smollm3-window")]
    public void OwnSettings_LogitsAndHiddenStates(string name)
    {
        using var fixture = Fixture.Model(Path.Combine("settings", name));
        using var model = fixture.Network();
        CheckLogits(fixture, model);
        CheckHidden(fixture, model);
        // What is written back computes the same.
        Assert.AreEqual(model.Config.ToJson(), ModelConfig.FromJson(model.Config.ToJson()).ToJson());
    }

    private static void CheckLogits(Fixture fixture, CausalLM model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long rows = fixture["logits"].shape[0];
        var mask = fixture["attention_mask"].narrow(0, 0, rows).unsqueeze(-1).to(ScalarType.Float32);
        var logits = model.Logits(model.Hidden(fixture["input_ids"].narrow(0, 0, rows))) * mask;      // padding is on the right
        Close.Assert(fixture["logits"], logits, 1e-4, "logits");
    }

    private static void CheckHidden(Fixture fixture, CausalLM model)
    {
        using var noGrad = no_grad();
        using var row = fixture["input_ids"].narrow(0, 0, 1);
        int k = 0;
        model.Trace(row, null, hidden =>
        {
            using var first = hidden.select(0, 0);
            Close.Assert(fixture[$"row0.hidden.{k}"], first, 1e-4, $"hidden state {k}");
            k++;
        });
        Assert.AreEqual(model.Config.NumHiddenLayers + 1, k);
    }

    private static void CheckLossAndGradients(Fixture fixture, CausalLM model)
    {
        using var scope = NewDisposeScope();
        long T = fixture["input_ids"].shape[1];
        var targets = fixture["labels"].narrow(1, 1, T - 1).reshape(-1);
        var hidden = model.Hidden(fixture["input_ids"]).narrow(1, 0, T - 1);
        var logits = model.Logits(hidden).reshape(-1, model.Config.VocabSize);
        var loss = nn.functional.cross_entropy(logits, targets, ignore_index: -100);
        Assert.AreEqual(fixture.Json.GetProperty("loss").GetDouble(), loss.item<float>(), 1e-5 * 6, "loss");
        loss.backward();
        double squares = 0;
        foreach (var (stored, weight) in model.NamedWeights)
        {
            string name = stored == "embed_out.weight" ? "lm_head.weight" : stored;      // as transformers 5 calls it in memory
            var gradient = weight.grad!;
            squares += (gradient * gradient).sum().item<float>();
            if (!fixture.Golden.TryGetValue("grad." + name, out var expected)) continue;
            double off = (gradient - expected).norm().item<float>() / expected.norm().item<float>();
            Assert.IsTrue(off < 1e-3, $"gradient of {name} is off by {off:g3} of its norm");
        }
        double norm = fixture.Json.GetProperty("grad_norm").GetDouble();
        Assert.AreEqual(norm, Math.Sqrt(squares), 1e-3 * norm, "gradient norm");
        model.zero_grad();
    }

    private static void CheckGreedy(Fixture fixture, CausalLM model)
    {
        if (!fixture.Golden.ContainsKey("generate.tokens")) return;        // frequencies that depend on the length
        var expected = Rows(fixture["generate.tokens"]);
        var padded = Rows(fixture["generate.input_ids"]);
        var mask = Rows(fixture["generate.attention_mask"]);
        int[][] prompts = [.. padded.Select((row, b) => row.Where((_, i) => mask[b][i] == 1).ToArray())];
        Assert.IsTrue(prompts.Select(p => p.Length).Distinct().Count() > 1, "rows of different lengths");
        var options = new GenerationOptions { MaxNewTokens = expected[0].Length };
        var together = TextGenerator.Generate(model, prompts, [], options);
        for (int b = 0; b < prompts.Length; b++)
        {
            CollectionAssert.AreEqual(expected[b], together[b].Ids, $"row {b} in a batch");
            CollectionAssert.AreEqual(expected[b], TextGenerator.Generate(model, [prompts[b]], [], options)[0].Ids, $"row {b} alone");
        }
    }

    private static int[][] Rows(Tensor t)
    {
        int columns = (int)t.shape[1];
        return [.. t.data<long>().ToArray().Select(x => (int)x).Chunk(columns)];
    }
}
