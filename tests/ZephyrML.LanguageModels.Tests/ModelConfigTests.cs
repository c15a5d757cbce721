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
}
