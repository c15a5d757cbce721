using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>OLMo 2: norms after each part, queries and keys normalised over all heads.</summary>
internal sealed class Olmo2Family : ModelFamily
{
    public override string Name => "olmo2";
    public override string Architecture => "Olmo2ForCausalLM";
    protected override ModelConfig Defaults => Blank with { RmsNormEps = 1e-5, BosTokenId = null, EosTokenIds = [50_279], PadTokenId = 1, NormPlacement = NormPlacement.After, QueryKeyNorm = QueryKeyNorm.Whole };

    public override ModelConfig Read(ConfigKeys keys) => WithAttentionBias(base.Read(keys), keys);
}
