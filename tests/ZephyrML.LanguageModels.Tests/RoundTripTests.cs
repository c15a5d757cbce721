using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Every family, out to a folder or a GGUF file and back: equal weights in the stored type, logits, ids and settings.</summary>
[TestClass]
public sealed class RoundTripTests
{
    private static readonly LanguageModelTokenizer Tokenizer = new BpeTrainer(new BpeTrainerOptions { VocabularySize = 300, TemplateName = "zephyr" })
        .Train(["It will rain tomorrow, and the wind will turn.", "No rain today: the sun will shine tomorrow."]);

    private static readonly string[] Texts = ["Will it rain tomorrow?", "  two  blanks\n\nand 1234 <|user|> </s>", "naïve façade — 東京"];

    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("zephyr-round-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    // Weights that no part can hide behind: norms and biases are drawn too.
    private static LanguageModel Model(string family)
    {
        var model = LanguageModel.Create(FamilyConfigs.Get(family), Tokenizer, ChatTemplate.Zephyr, seed: 5);
        using var noGrad = no_grad();
        using var generator = new Generator(7);
        foreach (var (_, weight) in model.Network.NamedWeights)
            if (weight.shape.Length == 1)
            {
                using var noise = empty(weight.shape).normal_(0, 0.2, generator);
                weight.add_(noise);
            }
        return model;
    }

    [TestMethod]
    [DynamicData(nameof(FamilyConfigs.Names), typeof(FamilyConfigs))]
    public void FolderToFolder(string family)
    {
        using var model = Model(family);
        model.SaveHuggingFace(_folder);
        using var loaded = LanguageModel.Load(_folder);
        Assert.AreEqual(model.WeightsHash, loaded.WeightsHash);
        Assert.AreEqual(Settings(model.Config), Settings(loaded.Config));
        AssertSame(model, loaded, 0);
    }

    [TestMethod]
    [DynamicData(nameof(FamilyConfigs.Names), typeof(FamilyConfigs))]
    public void FolderToGgufAndBack(string family)
    {
        foreach (var type in Enum.GetValues<GgufType>())
        {
            using var model = Model(family);
            var file = Path.Combine(_folder, $"{type}.gguf");
            model.SaveGguf(file, type);
            using var loaded = LanguageModel.Load(file);
            Round(model.Network, type);
            CollectionAssert.AreEqual(model.Network.NamedWeights.Select(w => w.Name).ToList(), loaded.Network.NamedWeights.Select(w => w.Name).ToList());
            // Norms that count from one lose the last bit of their sum with it.
            double exact = model.Config.Norm == NormKind.RmsFromOne ? 1e-7 : 0;
            foreach (var ((name, expected), (_, actual)) in model.Network.NamedWeights.Zip(loaded.Network.NamedWeights)) Close.Assert(expected, actual, exact, $"{type}: {name}");
            Assert.AreEqual(Settings(model.Config), Settings(loaded.Config), $"{type}");
            AssertSame(model, loaded, 2e-6);
            Assert.AreEqual(0, Directory.GetFiles(_folder, "*.tmp").Length);
        }
    }

    [TestMethod]
    [DynamicData(nameof(FamilyConfigs.Names), typeof(FamilyConfigs))]
    public void AFileWithoutWhatOthersDoNotWriteIsReadTheSame(string family)
    {
        using var model = Model(family);
        string own = Path.Combine(_folder, "own.gguf"), bare = Path.Combine(_folder, "bare.gguf");
        model.SaveGguf(own, GgufType.BF16);
        Strip(own, bare, key => key == "tokenizer.huggingface.json" || key.Contains(".rope.scaling.llama3.") || key.EndsWith(".hidden_activation") || key.EndsWith(".tie_word_embeddings") || key == "phi3.rope.scaling.type");
        using LanguageModel first = LanguageModel.Load(own), second = LanguageModel.Load(bare);
        // Which tanh approximates GELU is not in the format; nor is when Llama 3's divisors are no powers of two apart.
        double tolerance = family == "gpt_neox" ? 1e-2 : 2e-6;
        AssertSame(first, second, tolerance);
        Assert.AreEqual(family == "llama3" ? "longrope" : first.Config.RopeScaling?.Type, second.Config.RopeScaling?.Type);
    }

    [TestMethod]
    public void AGgufFileBecomesAFolder()
    {
        using var model = Model("llama3");
        string file = Path.Combine(_folder, "zephyr.gguf"), folder = Path.Combine(_folder, "folder"), beside = Path.Combine(_folder, "beside");
        model.SaveGguf(file, GgufType.F16);
        using var loaded = LanguageModel.Load(file);
        loaded.SaveHuggingFace(folder);
        using var again = LanguageModel.Load(folder);
        AssertSame(loaded, again, 0);
        Directory.CreateDirectory(beside);
        foreach (string name in new[] { "model.gguf", "of-any-name.gguf" })
        {
            File.Copy(file, Path.Combine(beside, name));
            using (var found = LanguageModel.Load(beside)) AssertSame(loaded, found, 0);
            File.Delete(Path.Combine(beside, name));
        }
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => LanguageModel.Load(beside)).Message, "config.json");
    }

    [TestMethod]
    public void SeveralTemplatesAndTheEndOfTurnGoAlong()
    {
        using var model = Model("qwen2");
        var file = Path.Combine(_folder, "zephyr.gguf");
        model.SaveGguf(file, GgufType.Q8_0);
        using var reader = GgufReader.Open(file);
        Assert.AreEqual("qwen2", reader.Metadata["general.architecture"]);
        Assert.AreEqual(7L, reader.Number("general.file_type"));
        Assert.AreEqual("gpt2", reader.Metadata["tokenizer.ggml.model"]);
        Assert.AreEqual("smollm", reader.Metadata["tokenizer.ggml.pre"], "single digits, then GPT-2's split");
        Assert.AreEqual(320, ((object[])reader.Metadata["tokenizer.ggml.tokens"]).Length);
        Assert.AreEqual(ChatTemplate.Zephyr.Jinja, reader.Metadata["tokenizer.chat_template"]);
        Assert.AreEqual((long)model.Tokenizer.EosTokenId!.Value, reader.Number("tokenizer.ggml.eos_token_id"));
        // As llama.cpp wants them: rows of 32 in blocks, norms and biases whole, every tensor at a multiple of 32.
        foreach (var tensor in reader.Tensors)
        {
            Assert.AreEqual(tensor.Shape.Count == 2 ? GgufTensorType.Q8_0 : GgufTensorType.F32, tensor.Type, tensor.Name);
            Assert.AreEqual(0, tensor.Offset % 32, tensor.Name);
        }
        CollectionAssert.IsSubsetOf(new[] { "token_embd.weight", "output_norm.weight", "blk.1.attn_q.weight", "blk.0.attn_k.bias", "blk.0.ffn_norm.weight" }, reader.Tensors.Select(t => t.Name).ToList());
        CollectionAssert.DoesNotContain(reader.Tensors.Select(t => t.Name).ToList(), "output.weight", "the head is tied");
    }

    [TestMethod]
    public void TheOrderOfNumbersIsLlamaCpps()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Dictionary<string, Tensor> Stored(string family, out Dictionary<string, Tensor> own)
        {
            var model = Model(family);
            var file = Path.Combine(_folder, family + ".gguf");
            model.SaveGguf(file, GgufType.F16);
            own = model.Network.OwnWeights.ToDictionary(w => w.Name, w => (Tensor)w.Weight);
            using var reader = GgufReader.Open(file);
            return reader.Tensors.ToDictionary(t => t.Name, t =>
            {
                var values = empty(t.Shape.ToArray());
                reader.Read(t, values);
                return values;
            });
        }
        // Llama: the halves of each head's pairs interleaved, in weights and biases.
        var llama = Stored("llama", out var own);
        for (int head = 0; head < 2; head++)
            for (int j = 0; j < 8; j++)
                for (int half = 0; half < 2; half++)
                    Assert.AreEqual(own["model.layers.0.self_attn.k_proj.bias"][head * 16 + half * 8 + j].item<float>(), llama["blk.0.attn_k.bias"][head * 16 + 2 * j + half].item<float>());
        Assert.AreEqual(own["model.layers.0.self_attn.v_proj.bias"][5].item<float>(), llama["blk.0.attn_v.bias"][5].item<float>());
        // GPT-NeoX: all queries, all keys, all values.
        var neox = Stored("gpt_neox", out own);
        Assert.AreEqual(own["model.layers.0.self_attn.qkv_proj.bias"][2 * 48 + 16 + 3].item<float>(), neox["blk.0.attn_qkv.bias"][64 + 2 * 16 + 3].item<float>(), "the key of the third head");
        // GPT-2: (out, in). Gemma: whole factors. Qwen: as they are.
        var gpt2 = Stored("gpt2", out own);
        CollectionAssert.AreEqual(new long[] { 192, 64 }, gpt2["blk.0.attn_qkv.weight"].shape);
        Close.Assert(own["model.layers.1.mlp.down_proj.weight"].t(), gpt2["blk.1.ffn_down.weight"], 1e-3);
        var gemma = Stored("gemma3", out own);
        Close.Assert(own["model.layers.0.self_attn.q_norm.weight"] + 1, gemma["blk.0.attn_q_norm.weight"], 0);
        Close.Assert(own["model.layers.0.pre_feedforward_layernorm.weight"] + 1, gemma["blk.0.ffn_norm.weight"], 0);
        Close.Assert(own["model.layers.0.post_attention_layernorm.weight"] + 1, gemma["blk.0.post_attention_norm.weight"], 0);
        var qwen = Stored("qwen2", out own);
        Close.Assert(own["model.layers.0.self_attn.q_proj.bias"], qwen["blk.0.attn_q.bias"], 0);
    }

    [TestMethod]
    [DataRow("llama", """ "rope_scaling": { "rope_type": "dynamic", "factor": 2.0 } """, "dynamic")]
    [DataRow("llama", """ "hidden_act": "relu" """, "relu")]
    [DataRow("qwen2", """ "use_sliding_window": true, "sliding_window": 8, "max_window_layers": 1 """, "sliding_window")]
    [DataRow("qwen3", """ "attention_bias": true """, "attention_bias")]
    [DataRow("gemma", """ "head_dim": 16, "num_key_value_heads": 4, "tie_word_embeddings": false """, "tie_word_embeddings")]
    [DataRow("gemma2", """ "head_dim": 16, "query_pre_attn_scalar": 20 """, "query_pre_attn_scalar")]
    [DataRow("gemma2", """ "head_dim": 16, "query_pre_attn_scalar": 16, "final_logit_softcapping": null """, "final_logit_softcapping")]
    [DataRow("gemma3_text", """ "head_dim": 16, "query_pre_attn_scalar": 16, "layer_types": ["full_attention", "sliding_attention"] """, "layer_types")]
    [DataRow("smollm3", """ "no_rope_layers": [0, 1] """, "no_rope_layers")]
    [DataRow("olmo2", """ "head_dim": 24 """, "head_dim")]
    public void WhatLlamaCppWouldComputeOtherwiseIsRefusedByName(string family, string settings, string named)
    {
        var keyValueHeads = settings.Contains("num_key_value_heads") ? "" : "\"num_key_value_heads\": 4,";
        var config = ModelConfig.FromJson($$"""{ "model_type": "{{family}}", {{keyValueHeads}} "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "num_hidden_layers": 2, {{settings}} }""");
        using var model = LanguageModel.Create(config, Tokenizer, ChatTemplate.Zephyr, 1);
        var file = Path.Combine(_folder, "zephyr.gguf");
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => model.SaveGguf(file, GgufType.F16)).Message, named);
        Assert.AreEqual(0, Directory.GetFiles(_folder).Length, "nothing is left behind");
    }

    [TestMethod]
    [DataRow("general.architecture", "mamba", "general.architecture is 'mamba'")]
    [DataRow("tokenizer.ggml.pre", "klingon", "tokenizer.ggml.pre is 'klingon'")]
    [DataRow("tokenizer.ggml.model", "t5", "tokenizer.ggml.model is 't5'")]
    [DataRow("llama.expert_count", 8u, "llama.expert_count is 8")]
    [DataRow("llama.rope.scaling.type", "cubic", "llama.rope.scaling.type is 'cubic'")]
    [DataRow("llama.attention.clamp_kqv", 8f, "llama.attention.clamp_kqv is 8")]
    [DataRow("split.count", 3u, "split.count")]
    [DataRow("llama.attention.head_count", "four", "llama.attention.head_count is 'four'")]
    [DataRow("llama.block_count", null, "llama.block_count is missing")]
    [DataRow("tokenizer.ggml.merges", null, "tokenizer.ggml.merges")]
    [DataRow("tokenizer.ggml.eos_token_id", 9999u, "tokenizer.ggml.eos_token_id is 9999")]
    [DataRow("tokenizer.chat_template", null, "chat template")]
    public void WhatAFileAsksForAndWeDoNotDoIsRefusedByName(string key, object? value, string named)
    {
        using var model = Model("llama");
        string own = Path.Combine(_folder, "own.gguf"), other = Path.Combine(_folder, "other.gguf");
        model.SaveGguf(own, GgufType.BF16);
        Strip(own, other, k => k == "tokenizer.huggingface.json" || k == key, value is null ? [] : [(key, value)]);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(other).Dispose());
        StringAssert.Contains(error.Message, named);
        if (key != "tokenizer.chat_template") StringAssert.Contains(error.Message, "other.gguf");
    }

    /// <summary>A file without some keys, or with others.</summary>
    internal static void Strip(string from, string to, Func<string, bool> drop, params (string Key, object Value)[] add)
    {
        using var scope = NewDisposeScope();
        using var reader = GgufReader.Open(from);
        object Typed(object value) => value is not object[] list ? value : list.Length == 0 ? Array.Empty<string>()
            : list[0] switch { string => list.Cast<string>().ToArray(), int => list.Cast<int>().ToArray(), _ => list.Cast<float>().ToArray() };
        var metadata = reader.Metadata.Where(p => !drop(p.Key)).Select(p => (p.Key, Typed(p.Value))).Concat(add).ToList();
        using var file = File.Create(to);
        GgufFileWriter.Write(file, metadata, [.. reader.Tensors.Select(t => new GgufOutput(t.Name, t.Shape, GgufTensorType.F32, stream =>
        {
            using var values = empty(t.Shape.ToArray());
            reader.Read(t, values);
            stream.Write(values.bytes);
        }))]);
    }

    private static void AssertSame(LanguageModel expected, LanguageModel actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ids = tensor(Enumerable.Range(0, 36).Select(i => (long)(i * 37 % 290 + 3)).ToArray(), [2, 18]);
        Close.Assert(expected.Network.Logits(expected.Network.Hidden(ids)), actual.Network.Logits(actual.Network.Hidden(ids)), tolerance, "logits");
        foreach (string text in Texts)
            foreach (bool special in new[] { false, true })
            {
                CollectionAssert.AreEqual(expected.Tokenizer.Encode(text, special), actual.Tokenizer.Encode(text, special), text);
                Assert.AreEqual(expected.Tokenizer.Decode(expected.Tokenizer.Encode(text)), actual.Tokenizer.Decode(actual.Tokenizer.Encode(text)));
            }
        Assert.AreEqual(expected.Template.Name, actual.Template.Name);
        CollectionAssert.AreEquivalent(expected.StopTokenIds, actual.StopTokenIds);
        ChatTurn[] turns = [new("user", "Will it rain?"), new("assistant", "No.")];
        CollectionAssert.AreEqual(ChatTokenizer.EncodePrompt(expected.Tokenizer, expected.Template, turns[..1]), ChatTokenizer.EncodePrompt(actual.Tokenizer, actual.Template, turns[..1]));
    }

    // What the numbers hang on; token ids are the tokenizer's.
    private static string Settings(ModelConfig c)
    {
        var o = JsonNode.Parse((c with { Extra = new Dictionary<string, System.Text.Json.JsonElement>() }).ToJson())!.AsObject();
        foreach (var key in new[] { "bos_token_id", "eos_token_id", "pad_token_id", "max_window_layers", "original_max_position_embeddings" }) o.Remove(key);
        // Longrope's factor stands in the file as the attention factor that follows from it; the window's unused default is not kept.
        if (o["rope_scaling"] is JsonObject { } rope && c.RopeScaling?.Type == "longrope")
        {
            rope.Remove("factor");
            rope.Remove("attention_factor");
        }
        return o.ToJsonString();
    }

    // The same rounding, by torch or by the format's definition.
    private static void Round(CausalLM model, GgufType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (name, weight) in model.OwnWeights)
        {
            if (weight.shape.Length == 1 || name.Contains("embed_positions")) continue;
            bool turned = model.Config.TransposedWeights && name.Contains(".layers.");
            long width = weight.shape[turned ? 0 : 1];
            weight.copy_(type == GgufType.BF16 ? weight.to(ScalarType.BFloat16).to(ScalarType.Float32)
                : type == GgufType.F16 || width % 32 != 0 ? weight.to(ScalarType.Float16).to(ScalarType.Float32)
                : turned ? Blocks(weight.t().contiguous()).t() : Blocks(weight));
        }
    }

    private static Tensor Blocks(Tensor weight)
    {
        var values = weight.clone();
        var numbers = MemoryMarshal.Cast<byte, float>(values.bytes);
        for (; numbers.Length > 0; numbers = numbers[32..])
        {
            float largest = 0;
            foreach (float x in numbers[..32]) largest = Math.Max(largest, Math.Abs(x));
            float scale = largest / 127, stored = (float)(Half)scale;
            for (int i = 0; i < 32; i++) numbers[i] = stored * MathF.Round(numbers[i] * (scale == 0 ? 0 : 1 / scale), MidpointRounding.AwayFromZero);
        }
        return values;
    }
}
