using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Qwen2 and Qwen2.5: biases on queries, keys and values; a window in the upper layers where it is switched on.</summary>
internal sealed class Qwen2Family : ModelFamily
{
    public override string Name => "qwen2";
    public override string Architecture => "Qwen2ForCausalLM";
    public override bool HasSlidingWindow => true;
    protected override ModelConfig Defaults => Blank with { MaxPositionEmbeddings = 32_768, BosTokenId = null, EosTokenIds = [] };
    protected override int? DefaultKeyValueHeads => 32;

    public override ModelConfig Read(ConfigKeys keys)
    {
        int from = keys.Int("max_window_layers") ?? 28;
        return WithWindowSwitch(base.Read(keys), keys, 4096, i => i >= from) with { AttentionBias = true };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o.Remove("attention_bias");
        WriteWindow(c, o);
        o["max_window_layers"] = c.SlidingWindow is null ? c.NumHiddenLayers : Enumerable.Range(0, c.NumHiddenLayers).Count(i => !c.Slides(i));
    }
}
