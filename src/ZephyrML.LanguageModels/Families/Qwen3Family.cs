using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Qwen3: queries and keys normalised head by head.</summary>
internal sealed class Qwen3Family : ModelFamily
{
    public override string Name => "qwen3";
    public override string Architecture => "Qwen3ForCausalLM";
    public override bool HasSlidingWindow => true;
    protected override ModelConfig Defaults => Blank with { MaxPositionEmbeddings = 32_768, BosTokenId = null, EosTokenIds = [], QueryKeyNorm = QueryKeyNorm.EachHead };
    protected override int? DefaultKeyValueHeads => 32;
    protected override int? DefaultHeadDim => 128;

    public override ModelConfig Read(ConfigKeys keys)
    {
        int from = keys.Int("max_window_layers") ?? 28;
        return WithAttentionBias(WithWindowSwitch(base.Read(keys), keys, 4096, i => i >= from), keys);
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        WriteWindow(c, o);
        o["max_window_layers"] = c.SlidingWindow is null ? c.NumHiddenLayers : Enumerable.Range(0, c.NumHiddenLayers).Count(i => !c.Slides(i));
    }
}
