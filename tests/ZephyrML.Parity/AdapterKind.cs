using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Parity;

/// <summary>An adapter of PEFT's on a tiny model: with it, without it, merged; its gradients; its files written again.</summary>
internal static class AdapterKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        using var scope = NewDisposeScope();
        string from = Path.Combine(folder, fixture.GetProperty("base").GetString()!);
        Func<string, Stream?> Files(string where) => name => Path.Combine(where, name) is var path && File.Exists(path) ? File.OpenRead(path) : null;
        var reader = new LanguageModelReader(Files(from), new LanguageModelOptions(), from);
        using var model = reader.ReadNetwork(reader.ReadConfig());
        var golden = SafeTensorsReader.ReadFile(Path.Combine(folder, "golden.safetensors"));
        var adapter = model.ReadAdapter(Files(folder), folder);

        outcome.Compare("logits", Difference(golden["logits"], model, golden), 1e-4);
        double off, offButBiases;
        using (adapter.Off()) off = Difference(golden["logits_adapter_off"], model, golden);
        using (adapter.Off(keepBiases: true)) offButBiases = Difference(golden["logits_adapter_off"], model, golden);
        // PEFT trains biases in the base itself, so its adapters when off may still have them; ours do not unless asked.
        outcome.Compare("adapter off", adapter.Options.Bias == LoraBias.None ? off : Math.Min(off, offButBiases), 1e-4);
        Gradients(model, adapter, golden, fixture, outcome);
        if (!adapter.Options.LowRankBias || golden.ContainsKey("logits_merged"))
        {
            adapter.Merge();
            outcome.Compare("merged", Difference(golden["logits_merged"], model, golden), 1e-4);
            adapter.Unmerge();
            outcome.Compare("unmerged", Difference(golden["logits"], model, golden), 1e-4);
        }
        WrittenAgain(folder, adapter, outcome);
    }

    private static double Difference(Tensor expected, CausalLM model, Dictionary<string, Tensor> golden)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var mask = golden["attention_mask"].unsqueeze(-1).to(ScalarType.Float32);
        var actual = model.Logits(model.Hidden(golden["input_ids"])) * mask;      // padding is on the right
        return (expected * mask - actual).abs().max().item<float>() / Math.Max(1, expected.abs().max().item<float>());
    }

    private static void Gradients(CausalLM model, LoraAdapter adapter, Dictionary<string, Tensor> golden, JsonElement fixture, Outcome outcome)
    {
        long T = golden["input_ids"].shape[1];
        var targets = golden["labels"].narrow(1, 1, T - 1).reshape(-1);
        var logits = model.Logits(model.Hidden(golden["input_ids"]).narrow(1, 0, T - 1)).reshape(-1, model.Config.VocabSize);
        var loss = nn.functional.cross_entropy(logits, targets, ignore_index: -100);
        double expected = fixture.GetProperty("loss").GetDouble();
        outcome.Compare("loss", Math.Abs(loss.item<float>() - expected) / Math.Max(1, expected), 1e-5);
        loss.backward();
        if (model.NamedWeights.FirstOrDefault(w => w.Weight.grad is not null).Name is { } moved) outcome.Fail($"the base's {moved} has a gradient");
        var gradients = adapter.Weights.ToDictionary(w => w.Name, w => w.Weight.grad);
        foreach (var (stored, gradient) in golden.Where(g => g.Key.StartsWith("grad.", StringComparison.Ordinal)).Select(g => (g.Key["grad.".Length..], g.Value)))
        {
            // The magnitude is a module of its own in memory, which its file does not tell.
            string name = stored.EndsWith(".lora_magnitude_vector.weight", StringComparison.Ordinal) ? stored[..^".weight".Length] : stored;
            if (!gradients.Remove(name, out var ours) || ours is null) outcome.Fail($"there is no gradient of {stored}");
            else if (!ours.shape.SequenceEqual(gradient.shape)) outcome.Fail($"the gradient of {stored} is ({string.Join(", ", ours.shape)}), expected ({string.Join(", ", gradient.shape)})");
            else
            {
                double norm = gradient.norm().item<float>(), difference = (ours - gradient).norm().item<float>();
                outcome.Compare("gradients", norm == 0 ? difference : difference / norm, 1e-3, stored);
            }
        }
        foreach (var name in gradients.Keys) outcome.Fail($"{name} is trained here, and not by PEFT");
    }

    /// <summary>Keys, values and tensors of our files against PEFT's; lists of modules are sets.</summary>
    private static void WrittenAgain(string folder, LoraAdapter adapter, Outcome outcome)
    {
        var theirs = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")))!.AsObject();
        string target = Directory.CreateTempSubdirectory("zephyr-parity").FullName;
        try
        {
            adapter.Save(target, theirs["base_model_name_or_path"]?.GetValue<string>());
            var ours = JsonNode.Parse(File.ReadAllText(Path.Combine(target, "adapter_config.json")))!.AsObject();
            foreach (string key in theirs.Select(p => p.Key).Union(ours.Select(p => p.Key)))
            {
                bool same = theirs.ContainsKey(key) == ours.ContainsKey(key) && (theirs[key] is JsonArray a && ours[key] is JsonArray b
                    ? a.Select(x => x!.ToJsonString()).ToHashSet().SetEquals(b.Select(x => x!.ToJsonString()))
                    : JsonNode.DeepEquals(theirs[key], ours[key]));
                outcome.Case(same || key == "peft_version" ? null : $"{key} is written as {ours[key]?.ToJsonString() ?? "null"}, not {theirs[key]?.ToJsonString() ?? "null"}");
            }
            Dictionary<string, Tensor> expected = SafeTensorsReader.ReadFile(Path.Combine(folder, "adapter_model.safetensors")), written = SafeTensorsReader.ReadFile(Path.Combine(target, "adapter_model.safetensors"));
            foreach (string key in expected.Keys.Union(written.Keys))
                outcome.Case(!written.TryGetValue(key, out var x) ? $"{key} is not written" : !expected.TryGetValue(key, out var y) ? $"{key} is written, not by PEFT" : x.shape.SequenceEqual(y.shape) && x.eq(y.to(x.dtype)).all().item<bool>() ? null : $"{key} is written with other values");
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }
}
