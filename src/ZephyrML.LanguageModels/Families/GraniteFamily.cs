using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Granite: Llama with four multipliers.</summary>
internal sealed class GraniteFamily : ModelFamily
{
    public override string Name => "granite";
    public override string Architecture => "GraniteForCausalLM";

    public override ModelConfig Read(ConfigKeys keys) => WithAttentionBias(base.Read(keys), keys) with
    {
        MlpBias = keys.Flag("mlp_bias") ?? false,
        EmbeddingMultiplier = keys.Number("embedding_multiplier") ?? 1,
        ResidualMultiplier = keys.Number("residual_multiplier") ?? 1,
        AttentionScale = keys.Number("attention_multiplier") ?? 1,
        LogitDivisor = keys.Number("logits_scaling") ?? 1,
    };

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o["mlp_bias"] = c.MlpBias;
        o["embedding_multiplier"] = c.EmbeddingMultiplier;
        o["residual_multiplier"] = c.ResidualMultiplier;
        o["attention_multiplier"] = c.AttentionScale ?? 1 / Math.Sqrt(c.HeadDim);
        o["logits_scaling"] = c.LogitDivisor;
    }
}
