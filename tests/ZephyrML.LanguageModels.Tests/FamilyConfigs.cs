namespace ZephyrML.LanguageModels.Tests;

/// <summary>A tiny configuration of every family, with settings that show in the numbers and that llama.cpp has too.</summary>
internal static class FamilyConfigs
{
    private const string Sizes = """ "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "max_position_embeddings": 128, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0 """;

    private static readonly Dictionary<string, string> Json = new()
    {
        ["llama"] = $$"""{ "model_type": "llama", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "attention_bias": true, "mlp_bias": true, "rope_theta": 20000.0, "tie_word_embeddings": true }""",
        ["llama-linear"] = $$"""{ "model_type": "llama", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 1, "rope_scaling": { "rope_type": "linear", "factor": 2.5 } }""",
        ["llama3"] = $$"""{ "model_type": "llama", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "head_dim": 24, "rope_theta": 500000.0, "rope_scaling": { "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 24 } }""",
        ["llama-yarn"] = $$"""{ "model_type": "llama", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 4, "rope_scaling": { "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "beta_fast": 16.0, "beta_slow": 2.0, "attention_factor": 1.25 } }""",
        ["llama-longrope"] = $$"""{ "model_type": "llama", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 4, "rope_scaling": { "rope_type": "longrope", "factor": 4.0, "original_max_position_embeddings": 8, "short_factor": [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], "long_factor": [1, 2, 3, 4, 5, 6, 7, 8] } }""",
        ["mistral"] = $$"""{ "model_type": "mistral", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "head_dim": 32, "sliding_window": 7, "rms_norm_eps": 1e-5 }""",
        ["qwen2"] = $$"""{ "model_type": "qwen2", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "rope_theta": 1000000.0, "tie_word_embeddings": true }""",
        ["qwen3"] = $$"""{ "model_type": "qwen3", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "head_dim": 32, "rope_theta": 1000000.0 }""",
        ["gemma"] = $$"""{ "model_type": "gemma", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 1, "head_dim": 24, "hidden_act": "gelu_pytorch_tanh" }""",
        ["gemma2"] = $$"""{ "model_type": "gemma2", {{Sizes}}, "num_hidden_layers": 3, "num_key_value_heads": 2, "head_dim": 24, "query_pre_attn_scalar": 24, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 4.0, "sliding_window": 6 }""",
        ["gemma3"] = $$"""{ "model_type": "gemma3_text", {{Sizes}}, "num_hidden_layers": 4, "num_key_value_heads": 2, "head_dim": 24, "query_pre_attn_scalar": 24, "sliding_window": 6, "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"], "rope_theta": 1000000.0, "rope_local_base_freq": 9000.0, "rope_scaling": { "rope_type": "linear", "factor": 4.0 } }""",
        ["phi3"] = $$"""{ "model_type": "phi3", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "sliding_window": 9, "partial_rotary_factor": 0.5 }""",
        ["phi3-longrope"] = $$"""{ "model_type": "phi3", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "sliding_window": null, "original_max_position_embeddings": 8, "rope_scaling": { "type": "longrope", "short_factor": [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], "long_factor": [1, 2, 3, 4, 5, 6, 7, 8] } }""",
        ["smollm3"] = $$"""{ "model_type": "smollm3", {{Sizes}}, "num_hidden_layers": 5, "num_key_value_heads": 2 }""",
        ["olmo2"] = $$"""{ "model_type": "olmo2", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "rope_theta": 500000.0 }""",
        ["olmo2-tied"] = $$"""{ "model_type": "olmo2", {{Sizes}}, "num_hidden_layers": 1, "tie_word_embeddings": true }""",
        ["granite"] = $$"""{ "model_type": "granite", {{Sizes}}, "num_hidden_layers": 2, "num_key_value_heads": 2, "attention_multiplier": 0.2, "embedding_multiplier": 3.0, "residual_multiplier": 0.6, "logits_scaling": 0.5, "attention_bias": true }""",
        ["gpt2"] = """{ "model_type": "gpt2", "vocab_size": 320, "n_embd": 64, "n_head": 4, "n_layer": 2, "n_inner": 96, "n_positions": 64, "bos_token_id": 1, "eos_token_id": 2 }""",
        ["gpt_neox"] = $$"""{ "model_type": "gpt_neox", {{Sizes}}, "num_hidden_layers": 2, "rotary_pct": 0.5, "rotary_emb_base": 20000, "use_parallel_residual": true, "hidden_act": "gelu_fast" }""",
        ["gpt_neox-serial"] = $$"""{ "model_type": "gpt_neox", {{Sizes}}, "num_hidden_layers": 2, "use_parallel_residual": false }""",
    };

    public static IEnumerable<object[]> Names => Json.Keys.Select(n => new object[] { n });

    public static ModelConfig Get(string name, int? vocabulary = null) => ModelConfig.FromJson(Json[name]) is var c && vocabulary is { } v ? c with { VocabSize = v } : c;
}
