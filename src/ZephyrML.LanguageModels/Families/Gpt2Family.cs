using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>GPT-2: learned positions, LayerNorm, weights stored (in, out).</summary>
/// <remarks>Its checkpoints name dropouts of 0.1. They concern training alone, where this decoder never drops out; they are kept as they are.</remarks>
internal sealed class Gpt2Family : ModelFamily
{
    public override string Name => "gpt2";
    public override string Architecture => "GPT2LMHeadModel";

    protected override ModelConfig Defaults => Blank with
    {
        TieWordEmbeddings = true, BosTokenId = 50_256, EosTokenIds = [50_256], HiddenAct = "gelu_new", LearnedPositions = true, Norm = NormKind.Layer, FeedForward = FeedForwardKind.Plain,
        QueryKeyValue = QueryKeyValueLayout.Fused, TransposedWeights = true, AttentionBias = true, AttentionOutputBias = true, MlpBias = true,
    };

    public override ModelConfig Read(ConfigKeys keys)
    {
        keys.RefuseUnless("add_cross_attention", false);
        int hidden = keys.Size("n_embd"), heads = keys.Size("n_head");
        return Shared(keys) with
        {
            HiddenSize = hidden,
            IntermediateSize = keys.Int("n_inner") ?? 4 * hidden,
            NumHiddenLayers = keys.Size("n_layer", ConfigKeys.MaxLayers),
            NumAttentionHeads = heads,
            MaxPositionEmbeddings = keys.Int("n_positions") ?? 1024,
            RmsNormEps = keys.Number("layer_norm_epsilon") ?? 1e-5,
            HiddenAct = keys.Text("activation_function") ?? "gelu_new",
            AttentionScale = keys.Flag("scale_attn_weights") == false ? 1 : null,
            AttentionScaleByLayer = keys.Flag("scale_attn_by_inverse_layer_idx") ?? false,
        };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        o["n_embd"] = c.HiddenSize;
        o["n_inner"] = c.IntermediateSize;
        o["n_layer"] = c.NumHiddenLayers;
        o["n_head"] = c.NumAttentionHeads;
        o["n_positions"] = c.MaxPositionEmbeddings;
        o["layer_norm_epsilon"] = c.RmsNormEps;
        o["activation_function"] = c.HiddenAct;
        o["scale_attn_weights"] = c.AttentionScale is null;
        o["scale_attn_by_inverse_layer_idx"] = c.AttentionScaleByLayer;
    }

    public override string WeightName(string own) => own
        .Replace("model.embed_tokens", "transformer.wte").Replace("model.embed_positions", "transformer.wpe").Replace("model.norm", "transformer.ln_f").Replace("model.layers.", "transformer.h.")
        .Replace("input_layernorm", "ln_1").Replace("post_attention_layernorm", "ln_2").Replace("self_attn.qkv_proj", "attn.c_attn").Replace("self_attn.o_proj", "attn.c_proj")
        .Replace("mlp.up_proj", "mlp.c_fc").Replace("mlp.down_proj", "mlp.c_proj");

    // The first checkpoints were of the model without its head.
    public override string StoredName(string name) => name.StartsWith("transformer.", StringComparison.Ordinal) || name == "lm_head.weight" ? name : "transformer." + name;

    public override bool IsNoWeight(string name) => name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal);
}
