using System.Text.Json;
using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Parity;

/// <summary>A tiny model of some family: logits and hidden states, loss and gradients, greedy continuations.</summary>
internal static class ModelKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        using var scope = NewDisposeScope();
        var reader = new LanguageModelReader(name => Path.Combine(folder, name) is var path && File.Exists(path) ? File.OpenRead(path) : null, new LanguageModelOptions(), folder);
        using var model = reader.ReadNetwork(reader.ReadConfig());
        var golden = SafeTensorsReader.ReadFile(Path.Combine(folder, "golden.safetensors"));
        Logits(model, golden, outcome);
        HiddenStates(model, golden, outcome);
        LossAndGradients(model, golden, fixture, outcome);
        if (golden.ContainsKey("generate.tokens")) Greedy(model, golden, outcome);
    }

    private static void Logits(CausalLM model, Dictionary<string, Tensor> golden, Outcome outcome)
    {
        using var noGrad = no_grad();
        long rows = golden["logits"].shape[0];
        var mask = golden["attention_mask"].narrow(0, 0, rows).unsqueeze(-1).to(ScalarType.Float32);
        var logits = model.Logits(model.Hidden(golden["input_ids"].narrow(0, 0, rows))) * mask;      // padding is on the right
        outcome.Compare("logits", Difference(golden["logits"], logits), 1e-4);
    }

    private static void HiddenStates(CausalLM model, Dictionary<string, Tensor> golden, Outcome outcome)
    {
        using var noGrad = no_grad();
        var row = golden["input_ids"].narrow(0, 0, 1);
        int k = 0;
        model.Trace(row, null, hidden =>
        {
            if (golden.TryGetValue($"row0.hidden.{k}", out var expected)) outcome.Compare("hidden", Difference(expected, hidden.select(0, 0)), 1e-4, $"state {k}");
            k++;
        });
        if (golden.ContainsKey($"row0.hidden.{k}")) outcome.Fail($"there are only {k} hidden states");
    }

    private static void LossAndGradients(CausalLM model, Dictionary<string, Tensor> golden, JsonElement fixture, Outcome outcome)
    {
        long T = golden["input_ids"].shape[1];
        var targets = golden["labels"].narrow(1, 1, T - 1).reshape(-1);
        var logits = model.Logits(model.Hidden(golden["input_ids"]).narrow(1, 0, T - 1)).reshape(-1, model.Config.VocabSize);
        var loss = nn.functional.cross_entropy(logits, targets, ignore_index: -100);
        double expected = fixture.GetProperty("loss").GetDouble();
        outcome.Compare("loss", Math.Abs(loss.item<float>() - expected) / Math.Max(1, expected), 1e-5);
        loss.backward();
        // transformers 5 calls every head lm_head in memory, whatever its file does.
        double whole = Math.Sqrt(golden.Where(g => g.Key.StartsWith("grad.", StringComparison.Ordinal)).Sum(g => Math.Pow(g.Value.norm().item<float>(), 2)));
        var gradients = model.NamedWeights.ToDictionary(w => w.Name == "embed_out.weight" ? "lm_head.weight" : w.Name, w => w.Weight.grad);
        foreach (var (name, gradient) in golden.Where(g => g.Key.StartsWith("grad.", StringComparison.Ordinal)).Select(g => (g.Key["grad.".Length..], g.Value)))
        {
            if (!gradients.TryGetValue(name, out var ours) || ours is null) outcome.Fail($"there is no gradient of {name}");
            else if (!ours.shape.SequenceEqual(gradient.shape)) outcome.Fail($"the gradient of {name} is ({string.Join(", ", ours.shape)}), expected ({string.Join(", ", gradient.shape)})");
            else
            {
                double norm = gradient.norm().item<float>(), off = (ours - gradient).norm().item<float>();
                // A gradient that is zero but for rounding (a key's bias where nothing rotates) is compared with what float32 leaves of the whole.
                outcome.Compare("gradients", off / Math.Max(Math.Max(norm, 1e-4 * whole), 1e-20), 1e-3, name);
            }
        }
    }

    private static void Greedy(CausalLM model, Dictionary<string, Tensor> golden, Outcome outcome)
    {
        int[][] expected = Rows(golden["generate.tokens"]), padded = Rows(golden["generate.input_ids"]), mask = Rows(golden["generate.attention_mask"]);
        int[][] prompts = [.. padded.Select((row, b) => row.Where((_, i) => mask[b][i] == 1).ToArray())];
        var options = new GenerationOptions { MaxNewTokens = expected[0].Length };
        var together = TextGenerator.Generate(model, prompts, [], options);
        for (int b = 0; b < prompts.Length; b++)
        {
            outcome.Case(together[b].Ids.SequenceEqual(expected[b]) ? null : $"greedy tokens of row {b} in a batch differ from token {Parting(expected[b], together[b].Ids)} on");
            var alone = TextGenerator.Generate(model, [prompts[b]], [], options)[0].Ids;
            outcome.Case(alone.SequenceEqual(expected[b]) ? null : $"greedy tokens of row {b} alone differ from token {Parting(expected[b], alone)} on");
        }
    }

    private static int Parting(int[] a, int[] b) => a.Zip(b).TakeWhile(p => p.First == p.Second).Count();

    /// <summary>The largest difference, of the largest magnitude expected where that is above 1.</summary>
    private static double Difference(Tensor expected, Tensor actual)
    {
        if (!expected.shape.SequenceEqual(actual.shape)) return double.NaN;
        return (expected - actual).abs().max().item<float>() / Math.Max(1, expected.abs().max().item<float>());
    }

    private static int[][] Rows(Tensor t) => [.. t.data<long>().ToArray().Select(x => (int)x).Chunk((int)t.shape[1])];
}
