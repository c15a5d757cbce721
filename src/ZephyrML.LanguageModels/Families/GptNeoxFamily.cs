using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>GPT-NeoX and Pythia: parallel residual, partly rotated heads, LayerNorm.</summary>
internal sealed class GptNeoxFamily : ModelFamily
{
    public override string Name => "gpt_neox";
    public override string Architecture => "GPTNeoXForCausalLM";

    protected override ModelConfig Defaults => Blank with
    {
        BosTokenId = 0, HiddenAct = "gelu", PartialRotaryFactor = 0.25, RmsNormEps = 1e-5, Norm = NormKind.Layer, FeedForward = FeedForwardKind.Plain, QueryKeyValue = QueryKeyValueLayout.FusedByHead,
        AttentionBias = true, AttentionOutputBias = true, MlpBias = true, ParallelResidual = true,
    };

    public override ModelConfig Read(ConfigKeys keys)
    {
        keys.RefuseUnlessZero("attention_dropout");
        keys.RefuseUnlessZero("hidden_dropout");
        int hidden = keys.Size("hidden_size"), heads = keys.Size("num_attention_heads");
        bool bias = keys.Flag("attention_bias") ?? true;
        var config = Shared(keys) with
        {
            HiddenSize = hidden,
            IntermediateSize = keys.Size("intermediate_size"),
            NumHiddenLayers = keys.Size("num_hidden_layers", ConfigKeys.MaxLayers),
            NumAttentionHeads = heads,
            MaxPositionEmbeddings = keys.Int("max_position_embeddings") ?? 2048,
            RmsNormEps = keys.Number("layer_norm_eps") ?? 1e-5,
            HiddenAct = keys.Text("hidden_act") ?? "gelu",
            RopeTheta = keys.Number("rotary_emb_base") ?? 10_000,
            PartialRotaryFactor = keys.Number("rotary_pct") ?? 0.25,
            ParallelResidual = keys.Flag("use_parallel_residual") ?? true,
            AttentionBias = bias,
            AttentionOutputBias = bias,
        };
        return RopeJson.Read(config, keys);
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        o["hidden_size"] = c.HiddenSize;
        o["intermediate_size"] = c.IntermediateSize;
        o["num_hidden_layers"] = c.NumHiddenLayers;
        o["num_attention_heads"] = c.NumAttentionHeads;
        o["hidden_act"] = c.HiddenAct;
        o["max_position_embeddings"] = c.MaxPositionEmbeddings;
        o["layer_norm_eps"] = c.RmsNormEps;
        o["use_parallel_residual"] = c.ParallelResidual;
        o["attention_bias"] = c.AttentionBias;
        RopeJson.Write(c, o);
        o.Remove("rope_theta");
        o.Remove("partial_rotary_factor");
        o["rotary_emb_base"] = c.RopeTheta;
        o["rotary_pct"] = c.PartialRotaryFactor;
    }

    public override string WeightName(string own) => own
        .Replace("model.embed_tokens", "gpt_neox.embed_in").Replace("model.norm", "gpt_neox.final_layer_norm").Replace("model.layers.", "gpt_neox.layers.")
        .Replace("self_attn.qkv_proj", "attention.query_key_value").Replace("self_attn.o_proj", "attention.dense")
        .Replace("mlp.up_proj", "mlp.dense_h_to_4h").Replace("mlp.down_proj", "mlp.dense_4h_to_h").Replace("lm_head", "embed_out");

    // What transformers 5 calls it in memory.
    public override string StoredName(string name) => name == "lm_head.weight" ? "embed_out.weight" : name;

    public override bool IsNoWeight(string name) =>
        name.EndsWith(".attention.bias", StringComparison.Ordinal) || name.EndsWith(".attention.masked_bias", StringComparison.Ordinal) || name.EndsWith(".attention.rotary_emb.inv_freq", StringComparison.Ordinal);
}
