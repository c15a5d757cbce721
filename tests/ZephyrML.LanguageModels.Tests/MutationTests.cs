using System.Text;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Whole models from broken files: configuration, GGUF with tokenizer and weights, safetensors against a configuration.</summary>
[TestClass]
public sealed class MutationTests
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "-1", "0", "0.5", "1", "3", "2147483647", "-2147483648", "99999999999", "1e308", "-1e-300", "\"\"", "\"relu\"", "\"yarn\"", "\"longrope\"", "\"sliding_attention\"", "[]", "{}", "[1]", "[null]", "[0.5,-1]",
        "{\"rope_type\":\"llama3\"}", "{\"rope_type\":\"yarn\",\"factor\":0}", "{\"full_attention\":{}}", "{\"rope_type\":\"longrope\",\"short_factor\":[],\"long_factor\":[]}", "\"@lone@\"",
    ];

    [TestMethod]
    public void AlteredConfigurationsAreReadOrRefusedByTheKeysName()
    {
        var families = FamilyConfigs.Names.Select(n => FamilyConfigs.Get((string)n[0]).ToJson()).ToArray();
        var random = new Random(3);
        int refused = 0, count = Mutations.Count(600);
        for (int i = 0; i < count; i++)
        {
            var root = JsonNode.Parse(families[i % families.Length])!.AsObject();
            string family = (string)root["model_type"]!;
            var keys = root.Select(p => p.Key).Where(k => k is not ("model_type" or "architectures")).Concat(["quantization_config", "is_causal", "layer_types", "rope_parameters", "no_rope_layers", "sliding_window", "pretraining_tp"]).ToList();
            string key = keys[random.Next(keys.Count)];
            JsonNode? Value() => JsonNode.Parse(Values[random.Next(Values.Length)]);
            if (random.Next(8) == 0) root.Remove(key);
            else if (root[key] is JsonObject { Count: > 0 } part && random.Next(2) == 0) part[part.ElementAt(random.Next(part.Count)).Key] = Value();
            else root[key] = Value();
            var json = root.ToJsonString().Replace("@lone@", "\\ud800");
            string? error = null;
            bool bad = Mutations.Refuses(() =>
            {
                try
                {
                    var config = ModelConfig.FromJson(json, "a/config.json");
                    Assert.IsTrue(WeightShapes.Of(config).Take(10_000).All(w => w.Name.Length > 0));
                    ModelConfig.FromJson(config.ToJson(), "a/config.json");      // what was read can be written
                }
                catch (InvalidDataException e)
                {
                    error = e.Message;
                    throw;
                }
            }, $"{family} {key} {root[key]?.ToJsonString()}", "a/config.json");
            if (!bad) continue;
            refused++;
            // What depends on a key may be what does not fit: then that is named.
            Assert.IsTrue(error!.Contains(key) || keys.Concat(["head_dim", "partial_rotary_factor", "rope_theta", "RoPE", "attention's scale", "token id", "num_key_value_heads", "num_attention_heads", "hidden_size", "intermediate_size", "rms_norm_eps"]).Any(error.Contains), $"{family} {key}: {error}");
        }
        Assert.IsTrue(refused > count / 4, $"only {refused} of {count} were refused");
    }

    [TestMethod]
    public void BrokenConfigurationsAreReadOrRefused()
    {
        var original = Encoding.UTF8.GetBytes(FamilyConfigs.Get("gemma3").ToJson());
        int count = Mutations.Count(400);
        int refused = Mutations.Run(original, count, "config.json", stream => ModelConfig.FromJson(new StreamReader(stream).ReadToEnd(), "config.json"));
        Assert.IsTrue(refused > count / 4, $"only {refused} of {count} were refused");
    }

    [TestMethod]
    [DataRow("llama3", true)]
    [DataRow("gemma3", false)]
    public void BrokenGgufModelsAreReadOrRefused(string family, bool byteLevel)
    {
        byte[] original = Gguf(family, byteLevel);
        int count = Mutations.Count(60);
        int refused = Mutations.Run(original, count, "", stream =>
        {
            using var scope = NewDisposeScope();
            using var reader = new LanguageModelReader(name => name == "model.gguf" ? stream : null, new LanguageModelOptions { ChatTemplate = "zephyr" }, "");
            var config = reader.ReadConfig();
            reader.ReadTokenizer(config);
            using var network = reader.ReadNetwork(config);
        });
        Assert.IsTrue(refused > count / 4, $"only {refused} of {count} were refused");
    }

    [TestMethod]
    public void BrokenWeightsOfAModelAreReadOrRefused()
    {
        var config = Tiny.Config();
        byte[] original;
        using (var model = new CausalLM(config, seed: 1))
        {
            using var file = new MemoryStream();
            SafeTensorsWriter.Write(file, [.. model.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))]);
            original = file.ToArray();
        }
        int count = Mutations.Count(200);
        int refused = Mutations.Run(original, count, "model.safetensors", stream =>
        {
            using var reader = new SafeTensorsReader(stream, "model.safetensors");
            WeightLoader.Load(config, [reader], ScalarType.Float32, null).Dispose();
        });
        Assert.IsTrue(refused > count / 8, $"only {refused} of {count} were refused");
    }

    // A small model as others would write it: everything from the metadata.
    private static byte[] Gguf(string family, bool byteLevel)
    {
        var folder = Directory.CreateTempSubdirectory("zephyr-mutations-").FullName;
        try
        {
            var spm = Path.Combine(AppContext.BaseDirectory, "Tokenizers", "spm-bpe-small");
            var tokenizer = byteLevel ? new BpeTrainer(new BpeTrainerOptions { VocabularySize = 280, TemplateName = "zephyr" }).Train(["It will rain tomorrow."])
                : LanguageModelTokenizer.Read(file => file == "tokenizer.model" ? File.OpenRead(Path.Combine(spm, file)) : null);
            using var model = LanguageModel.Create(FamilyConfigs.Get(family) with { VocabSize = tokenizer.VocabularySize + 3 }, tokenizer, ChatTemplate.Zephyr, seed: 2);
            string own = Path.Combine(folder, "own.gguf"), bare = Path.Combine(folder, "bare.gguf");
            model.SaveGguf(own, GgufType.Q8_0);
            RoundTripTests.Strip(own, bare, key => key == "tokenizer.huggingface.json");
            return File.ReadAllBytes(bare);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
