using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Gemma 3, text only: as Gemma 2, with normalised queries and keys instead of caps, and another rotary base in the layers that slide.</summary>
internal sealed class Gemma3Family : ModelFamily
{
    public override string Name => "gemma3_text";
    public override string Architecture => "Gemma3ForCausalLM";
    public override bool HasSlidingWindow => true;
    protected override bool RopeByLayer => true;
    protected override ModelConfig Defaults => Blank with
    {
        MaxPositionEmbeddings = 131_072, HiddenAct = "gelu_pytorch_tanh", TieWordEmbeddings = true, BosTokenId = 2, EosTokenIds = [1], PadTokenId = 0, RopeTheta = 1_000_000,
        Norm = NormKind.RmsFromOne, NormPlacement = NormPlacement.Around, QueryKeyNorm = QueryKeyNorm.EachHead,
    };
    protected override int? DefaultKeyValueHeads => 4;
    protected override int? DefaultHeadDim => 256;

    public override ModelConfig Read(ConfigKeys keys)
    {
        keys.RefuseUnless("use_bidirectional_attention", false);
        int pattern = Math.Max(1, keys.Int("sliding_window_pattern") ?? 6);
        var layers = keys.SlidingLayers();
        // transformers writes this one beside layer_types and never reads it.
        if (layers is null && keys.Int("_sliding_window_pattern") is { } written && written != pattern)
            keys.Faults.Add($"_sliding_window_pattern is {written} without layer_types, which transformers takes for {pattern}; expected layer_types or sliding_window_pattern");
        var config = WithAttentionBias(base.Read(keys), keys);
        return config with
        {
            HiddenAct = keys.Text("hidden_activation") ?? config.HiddenAct,
            EmbeddingMultiplier = Math.Sqrt(config.HiddenSize),
            AttentionScale = 1 / Math.Sqrt(keys.Number("query_pre_attn_scalar") ?? 256),
            AttentionSoftcap = keys.Number("attn_logit_softcapping"),
            LogitSoftcap = keys.Number("final_logit_softcapping"),
            SlidingWindow = keys.Int("sliding_window", 4096),
            SlidingLayers = layers ?? [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => (i + 1) % pattern != 0)],
            SlidingRopeTheta = config.SlidingRopeTheta ?? keys.Number("rope_local_base_freq") ?? 10_000,
        };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o.Remove("hidden_act");
        o["hidden_activation"] = c.HiddenAct;
        Gemma2Family.WriteAttention(c, o);
    }
}
