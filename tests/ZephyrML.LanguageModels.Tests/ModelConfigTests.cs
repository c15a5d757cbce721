namespace ZephyrML.LanguageModels.Tests;

[TestClass]
public sealed class ModelConfigTests
{
    private const string Sizes = """ "vocab_size": 50, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4 """;

    private static ModelConfig Read(string more, string family = "llama") => ModelConfig.FromJson($$"""{ "model_type": "{{family}}", {{Sizes}} {{more}} }""");

    [TestMethod]
    public void DefaultsAreThoseOfTransformers()
    {
        var llama = Read("");
        Assert.AreEqual((4, 8, 2048, 1e-6, 10_000.0), (llama.NumKeyValueHeads, llama.HeadDim, llama.MaxPositionEmbeddings, llama.RmsNormEps, llama.RopeTheta));
        Assert.IsNull(llama.SlidingWindow);
        CollectionAssert.AreEqual(new[] { 2 }, llama.EosTokenIds.ToArray());
        var mistral = Read(""", "num_key_value_heads": null""", "mistral");
        Assert.AreEqual((4, 4096), (mistral.NumKeyValueHeads, mistral.SlidingWindow));
        Assert.IsNull(Read(""", "sliding_window": null, "num_key_value_heads": 2""", "mistral").SlidingWindow);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read("", "mistral")).Message, "num_key_value_heads 8");
    }

    [TestMethod]
    public void BothSpellingsOfRopeAreRead()
    {
        Assert.AreEqual(5e5, Read(""", "rope_theta": 500000.0, "rope_scaling": null""").RopeTheta);
        Assert.AreEqual(5e5, Read(""", "rope_parameters": { "rope_theta": 500000.0, "rope_type": "default" }""").RopeTheta);
        Assert.AreEqual(1e4, Read(""", "rope_scaling": { "type": "default" }""").RopeTheta);
    }

    [TestMethod]
    [DataRow(""", "rope_scaling": { "type": "cubic", "factor": 2.0 }""", "rope_scaling.type")]
    [DataRow(""", "rope_scaling": { "type": "linear" }""", "factor")]
    [DataRow(""", "rope_scaling": { "type": "linear", "factor": 2.0, "beta_fast": 3 }""", "rope_scaling.beta_fast")]
    [DataRow(""", "rope_scaling": { "type": "longrope", "short_factor": [1, 1], "long_factor": [1, 1, 2, 2] }""", "short_factor")]
    [DataRow(""", "rope_parameters": { "rope_type": "llama3", "rope_theta": 1e4 }""", "llama3")]
    [DataRow(""", "rope_parameters": { "partial_rotary_factor": 0.5, "rope_type": "default" }""", "partial_rotary_factor")]
    [DataRow(""", "hidden_act": "mish" """, "hidden_act")]
    [DataRow(""", "pretraining_tp": 2""", "pretraining_tp")]
    [DataRow(""", "layer_types": ["full_attention", "sliding_attention"]""", "layer_types")]
    [DataRow(""", "layer_types": ["linear_attention", "full_attention"]""", "linear_attention")]
    [DataRow(""", "attention_dropout": 0.1""", "attention_dropout")]
    [DataRow(""", "sliding_window": 16""", "sliding_window")]
    [DataRow(""", "quantization_config": { "bits": 4 }""", "quantization_config")]
    [DataRow(""", "architectures": ["LlamaForSequenceClassification"]""", "architectures")]
    [DataRow(""", "head_dim": 7""", "head_dim")]
    [DataRow(""", "num_key_value_heads": 3""", "num_key_value_heads")]
    [DataRow(""", "rms_norm_eps": "small" """, "rms_norm_eps")]
    [DataRow(""", "eos_token_id": [2, "x"]""", "eos_token_id")]
    public void WhatIsNotComputedIsRefusedByName(string more, string named) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(more)).Message, named);

    [TestMethod]
    public void FaultsAreListedTogether()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => ModelConfig.FromJson("""{ "model_type": "llama", "attention_dropout": 0.1, "pretraining_tp": 2 }""", "here/config.json"));
        foreach (string part in new[] { "here/config.json", "attention_dropout", "pretraining_tp", "vocab_size is missing", "num_hidden_layers is missing" }) StringAssert.Contains(error.Message, part);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read("", "gptj")).Message, "gptj");
        Assert.ThrowsExactly<InvalidDataException>(() => ModelConfig.FromJson("{"));
        Assert.ThrowsExactly<InvalidDataException>(() => ModelConfig.FromJson("[1]"));
        Assert.ThrowsExactly<InvalidDataException>(() => ModelConfig.FromJson("""{ "model_type": 3 }"""));
    }

    [TestMethod]
    public void WrittenAndReadBack()
    {
        var config = Read(""", "num_key_value_heads": 2, "sliding_window": 9, "eos_token_id": [2, 7], "tie_word_embeddings": true, "rope_theta": 12345.0, "initializer_range": 0.02, "use_cache": true""", "mistral");
        string json = config.ToJson("bfloat16");
        var again = ModelConfig.FromJson(json);
        Assert.AreEqual(json, again.ToJson("bfloat16"));
        Assert.AreEqual((2, 9, true, 12345.0), (again.NumKeyValueHeads, again.SlidingWindow, again.TieWordEmbeddings, again.RopeTheta));
        CollectionAssert.AreEqual(new[] { 2, 7 }, again.EosTokenIds.ToArray());
        foreach (string part in new[] { "MistralForCausalLM", "\"bfloat16\"", "initializer_range", "use_cache" }) StringAssert.Contains(json, part);
    }

    [TestMethod]
    [DataRow("llama", """, "is_causal": false""", "is_causal")]
    [DataRow("llama", """, "rope_scaling": { "rope_type": "linear", "factor": 2.0 }, "rope_parameters": { "rope_type": "linear", "factor": 4.0 }""", "expected one of them")]
    [DataRow("llama", """, "rope_scaling": { "rope_type": "yarn", "factor": 2.0, "truncate": 1 }""", "truncate")]
    [DataRow("qwen2", """, "num_key_value_heads": 2, "rope_parameters": { "full_attention": { "rope_theta": 1e4 }, "sliding_attention": { "rope_theta": 1e4 } }""", "kinds of layers")]
    [DataRow("qwen2", """, "num_key_value_heads": 2, "layer_types": ["full_attention", "sliding_attention"]""", "use_sliding_window")]
    [DataRow("gemma", """, "num_key_value_heads": 1, "hidden_act": "gelu", "hidden_activation": "gelu_pytorch_tanh" """, "hidden_activation")]
    [DataRow("gemma", """, "num_key_value_heads": 1, "use_bidirectional_attention": true""", "use_bidirectional_attention")]
    [DataRow("gemma3_text", """, "rope_parameters": { "rope_type": "default", "rope_theta": 1e6 }""", "rope_parameters")]
    [DataRow("gemma3_text", """, "_sliding_window_pattern": 3""", "_sliding_window_pattern")]
    [DataRow("gemma3_text", """, "use_bidirectional_attention": true""", "use_bidirectional_attention")]
    [DataRow("phi3", """, "rope_scaling": { "rope_type": "linear", "factor": 2.0 }""", "rope_type is linear")]
    [DataRow("phi3", """, "attention_bias": true""", "attention_bias")]
    [DataRow("phi3", """, "resid_pdrop": 0.1""", "resid_pdrop")]
    [DataRow("mistral", """, "num_key_value_heads": 2, "layer_types": ["full_attention", "full_attention"]""", "layer_types")]
    [DataRow("smollm3", """, "no_rope_layers": [1]""", "no_rope_layers")]
    [DataRow("gpt_neox", """, "hidden_dropout": 0.1""", "hidden_dropout")]
    public void SettingsOfAFamilyAreRefusedByName(string family, string more, string named)
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(more, family)).Message, named);
    }

    [TestMethod]
    public void RopeIsResolvedAsTransformersDoes()
    {
        // The original length stands in the configuration, or with the scaling, or is the longest length.
        const string Llama3 = """ "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0 """;
        Assert.AreEqual(16, Read($$""", "rope_parameters": { {{Llama3}}, "original_max_position_embeddings": 16 }""").RopeScaling!.OriginalMaxPositionEmbeddings);
        Assert.AreEqual(32, Read($$""", "original_max_position_embeddings": 32, "rope_parameters": { {{Llama3}}, "original_max_position_embeddings": 16 }""").RopeScaling!.OriginalMaxPositionEmbeddings);
        var unsaid = Read($$""", "max_position_embeddings": 64, "rope_scaling": { {{Llama3}} }""");
        var said = Read($$""", "max_position_embeddings": 64, "rope_scaling": { {{Llama3}}, "original_max_position_embeddings": 64 }""");
        CollectionAssert.AreEqual(Frequencies(said), Frequencies(unsaid));
        // Phi-3 has a length of its own, which goes first.
        const string Longrope = """ "rope_type": "longrope", "short_factor": [1, 1, 1, 1], "long_factor": [2, 2, 2, 2] """;
        Assert.AreEqual(4096, Read($$""", "rope_parameters": { {{Longrope}}, "original_max_position_embeddings": 16 }""", "phi3").RopeScaling!.OriginalMaxPositionEmbeddings);
        Assert.AreEqual(16, Read($$""", "original_max_position_embeddings": 16, "rope_scaling": { {{Longrope}} }""", "phi3").RopeScaling!.OriginalMaxPositionEmbeddings);
        // Yarn without a factor: how many times longer the longest length is; zeros are the defaults.
        var inferred = Read(""", "max_position_embeddings": 64, "rope_scaling": { "rope_type": "yarn", "factor": null, "original_max_position_embeddings": 16, "beta_fast": 0, "beta_slow": 0 }""");
        var given = Read(""", "max_position_embeddings": 64, "rope_scaling": { "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32, "beta_slow": 1 }""");
        CollectionAssert.AreEqual(Frequencies(given), Frequencies(inferred));
        Assert.AreEqual(Rotary(given).Amplitude, Rotary(inferred).Amplitude);
        Assert.AreEqual(0.1f * MathF.Log(4) + 1, Rotary(given).Amplitude, 1e-6f);
        // Equal spellings beside each other are one.
        Assert.AreEqual(2.0, Read(""", "rope_scaling": { "rope_type": "linear", "factor": 2.0 }, "rope_parameters": { "rope_type": "linear", "factor": 2.0 }""").RopeScaling!.Factor);
        Assert.IsNull(Read(""", "rope_scaling": {}, "rope_parameters": { "rope_type": "default", "rope_theta": 5e5 }""").RopeScaling);
        // The numerator and denominator of yarn's amplitude.
        var both = Read(""", "rope_scaling": { "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "mscale": 0.5, "mscale_all_dim": 2.0 }""");
        Assert.AreEqual((0.05 * Math.Log(4) + 1) / (0.2 * Math.Log(4) + 1), Rotary(both).Amplitude, 1e-6);
    }

    [TestMethod]
    public void Gemma3HasFrequenciesOfItsOwnInTheLayersThatSlide()
    {
        var old = Read(""", "rope_theta": 5e5, "rope_local_base_freq": 9000.0, "rope_scaling": { "rope_type": "linear", "factor": 8.0 }, "sliding_window_pattern": 2""", "gemma3_text");
        Assert.AreEqual((5e5, 9000.0, 8.0), (old.RopeTheta, old.SlidingRopeTheta!.Value, old.RopeScaling!.Factor!.Value));
        Assert.IsNull(old.SlidingRopeScaling);
        CollectionAssert.AreEqual(new[] { true, false }, old.SlidingLayers!.ToArray());
        var now = Read(""", "rope_parameters": { "full_attention": { "rope_type": "linear", "factor": 8.0, "rope_theta": 5e5 }, "sliding_attention": { "rope_type": "default", "rope_theta": 9000.0 } }, "sliding_window_pattern": 2""", "gemma3_text");
        Assert.AreEqual(old.ToJson(), now.ToJson());
        // What is left out is the family's own: 10,000 where the layers slide, a million elsewhere.
        var half = Read(""", "rope_parameters": { "full_attention": { "rope_type": "default" }, "sliding_attention": { "rope_type": "default" } }""", "gemma3_text");
        Assert.AreEqual((1e6, 1e4), (half.RopeTheta, half.SlidingRopeTheta!.Value));
        CollectionAssert.AreEqual(new[] { true, true }, half.SlidingLayers!.ToArray(), "every sixth sees all");
    }

    [TestMethod]
    public void FamiliesHaveDefaultsOfTheirOwn()
    {
        foreach (var (family, tied) in new[] { ("llama", false), ("mistral", false), ("qwen2", false), ("qwen3", false), ("gemma", true), ("gemma2", true), ("gemma3_text", true), ("phi3", false), ("smollm3", true), ("olmo2", false), ("granite", false), ("gpt_neox", false) })
            Assert.AreEqual(tied, Read(""", "num_key_value_heads": 2""", family).TieWordEmbeddings, family);
        Assert.IsTrue(ModelConfig.FromJson("""{ "model_type": "gpt2", "vocab_size": 9, "n_embd": 8, "n_head": 2, "n_layer": 1 }""").TieWordEmbeddings);
        Assert.AreEqual((256, 256, 128), (Read(""", "num_key_value_heads": 2""", "gemma").HeadDim, Read("", "gemma3_text").HeadDim, Read(""", "num_key_value_heads": 2""", "qwen3").HeadDim));
        Assert.AreEqual(8, Read(""", "num_key_value_heads": 2, "head_dim": null""", "qwen3").HeadDim);
        CollectionAssert.AreEqual(new[] { true, false }, Read(""", "no_rope_layers": [1, 0, 1, 0]""", "smollm3").RotaryLayers!.ToArray(), "a list may be longer than the model");
        CollectionAssert.AreEqual(new[] { true, false }, Read(""", "no_rope_layer_interval": 2""", "smollm3").RotaryLayers!.ToArray());
        CollectionAssert.AreEqual(new[] { false, true }, Read(""", "num_key_value_heads": 2, "use_sliding_window": true, "sliding_window": 5, "max_window_layers": 1""", "qwen2").SlidingLayers!.ToArray());
        Assert.IsNull(Read(""", "num_key_value_heads": 2, "use_sliding_window": false, "sliding_window": 5""", "qwen3").SlidingWindow);
        Assert.AreEqual(0.25, Read("", "gpt_neox").PartialRotaryFactor);
        Assert.AreEqual(1.0, Read(""", "num_key_value_heads": 2""", "granite").AttentionScale);
        Assert.AreEqual(1.0, ModelConfig.FromJson("""{ "model_type": "gpt2", "vocab_size": 9, "n_embd": 8, "n_head": 2, "n_layer": 1, "scale_attn_weights": false }""").AttentionScale);
    }

    [TestMethod]
    public void ActivationsAreThoseOfTransformers()
    {
        // x Φ(x), the tanh approximation, x σ(1.702 x) and the like, at one place.
        foreach (var (name, expected) in new[]
        {
            ("gelu", 1.3997), ("gelu_python", 1.3997), ("gelu_new", 1.39957), ("gelu_pytorch_tanh", 1.39957), ("gelu_fast", 1.39957), ("gelu_accurate", 1.39957), ("gelu_python_tanh", 1.39957), ("gelu_10", 1.3997),
            ("quick_gelu", 1.39158), ("silu", 1.22636), ("swish", 1.22636), ("relu", 1.5), ("relu2", 2.25), ("relu6", 1.5), ("tanh", 0.905148), ("sigmoid", 0.817574), ("linear", 1.5),
        })
        {
            using var x = TorchSharp.torch.tensor(new[] { 1.5f, -20f });
            using var y = Activations.Get(name)(x);
            Assert.AreEqual(expected, y.data<float>()[0], 3e-4, name);
        }
    }

    private static RotaryFrequencies Rotary(ModelConfig c) => new(c.RotaryDim, c.RopeTheta, c.RopeScaling, c.MaxPositionEmbeddings);

    private static float[] Frequencies(ModelConfig c) => Rotary(c).Of(0);
}
