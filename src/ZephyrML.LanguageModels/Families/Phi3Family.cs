using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Phi-3 and Phi-4-mini: fused weights, a window in every layer, longrope.</summary>
internal sealed class Phi3Family : ModelFamily
{
    public override string Name => "phi3";
    public override string Architecture => "Phi3ForCausalLM";
    public override bool HasSlidingWindow => true;
    protected override bool MayRotatePartly => true;
    protected override ModelConfig Defaults => Blank with
    {
        MaxPositionEmbeddings = 4096, RmsNormEps = 1e-5, EosTokenIds = [32_000], PadTokenId = 32_000, QueryKeyValue = QueryKeyValueLayout.Fused, FeedForward = FeedForwardKind.GatedFused,
    };

    public override ModelConfig Read(ConfigKeys keys)
    {
        keys.RefuseUnlessZero("embd_pdrop");
        keys.RefuseUnlessZero("resid_pdrop");
        keys.RefuseUnless("attention_bias", false);
        var config = base.Read(keys) with { SlidingWindow = keys.Int("sliding_window") };
        bool slides = config.SlidingWindow is not null;
        keys.Refuse("layer_types", keys.SlidingLayers()?.Any(s => s != slides) == true, "every layer " + (slides ? "sliding_attention" : "full_attention"));
        if (config.RopeScaling is not { } rope) return config;
        if (rope.Type != "longrope") keys.Faults.Add($"the RoPE scaling's rope_type is {rope.Type}, which models of type phi3 do not have (expected longrope)");
        // The configuration class has an original length of its own, which goes before that of rope_parameters.
        return config with { RopeScaling = rope with { OriginalMaxPositionEmbeddings = keys.Int("original_max_position_embeddings") ?? 4096 } };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        if (c.HeadDim * c.NumAttentionHeads == c.HiddenSize) o.Remove("head_dim");
        o.Remove("attention_bias");
        o["partial_rotary_factor"] = c.PartialRotaryFactor;
        o["sliding_window"] = c.SlidingWindow;
        o["embd_pdrop"] = 0.0;
        o["resid_pdrop"] = 0.0;
    }
}
