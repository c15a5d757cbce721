using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Gemma 2: norms on both sides, capped scores and logits, every other layer slides.</summary>
internal sealed class Gemma2Family : ModelFamily
{
    public override string Name => "gemma2";
    public override string Architecture => "Gemma2ForCausalLM";
    public override bool HasSlidingWindow => true;
    protected override ModelConfig Defaults => Blank with
    {
        MaxPositionEmbeddings = 8192, HiddenAct = "gelu_pytorch_tanh", TieWordEmbeddings = true, BosTokenId = 2, EosTokenIds = [1], PadTokenId = 0,
        Norm = NormKind.RmsFromOne, NormPlacement = NormPlacement.Around,
    };
    protected override int? DefaultKeyValueHeads => 4;
    protected override int? DefaultHeadDim => 256;

    public override ModelConfig Read(ConfigKeys keys)
    {
        keys.RefuseUnless("use_bidirectional_attention", false);
        var config = WithAttentionBias(base.Read(keys), keys);
        return config with
        {
            HiddenAct = keys.Text("hidden_activation") ?? config.HiddenAct,
            EmbeddingMultiplier = Math.Sqrt(config.HiddenSize),
            AttentionScale = 1 / Math.Sqrt(keys.Number("query_pre_attn_scalar") ?? 256),
            AttentionSoftcap = keys.Number("attn_logit_softcapping", 50),
            LogitSoftcap = keys.Number("final_logit_softcapping", 30),
            SlidingWindow = keys.Int("sliding_window", 4096),
            SlidingLayers = keys.SlidingLayers() ?? [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => i % 2 == 0)],
        };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o.Remove("hidden_act");
        o["hidden_activation"] = c.HiddenAct;
        WriteAttention(c, o);
    }

    /// <summary>What Gemma 2 and 3 share.</summary>
    public static void WriteAttention(ModelConfig c, JsonObject o)
    {
        o["query_pre_attn_scalar"] = c.AttentionScale is { } s ? Math.Round(1 / (s * s), 9) : c.HeadDim;
        o["attn_logit_softcapping"] = c.AttentionSoftcap;
        o["final_logit_softcapping"] = c.LogitSoftcap;
        o["sliding_window"] = c.SlidingWindow;
        WriteLayerTypes(c, o);
    }
}
