using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>SmolLM3: every fourth layer without rotary positions.</summary>
internal sealed class SmolLm3Family : ModelFamily
{
    public override string Name => "smollm3";
    public override string Architecture => "SmolLM3ForCausalLM";
    public override bool HasSlidingWindow => true;
    protected override ModelConfig Defaults => Blank with { MaxPositionEmbeddings = 32_768, RopeTheta = 2_000_000, TieWordEmbeddings = true, BosTokenId = 128_000, EosTokenIds = [128_001], PadTokenId = 128_004 };
    protected override int? DefaultKeyValueHeads => 4;

    public override ModelConfig Read(ConfigKeys keys)
    {
        var config = WithAttentionBias(base.Read(keys), keys) with { MlpBias = keys.Flag("mlp_bias") ?? false };
        int interval = Math.Max(1, keys.Int("no_rope_layer_interval") ?? 4);
        IReadOnlyList<bool> rotary = keys.Element("no_rope_layers") is { ValueKind: JsonValueKind.Array }
            ? [.. keys.Ids("no_rope_layers").Take(Math.Max(0, config.NumHiddenLayers)).Select(x => x != 0)]      // 1 rotates, despite the name; a list may be longer than the model
            : [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => (i + 1) % interval != 0)];
        return WithWindowSwitch(config, keys, null, i => i < rotary.Count && !rotary[i]) with { RotaryLayers = rotary };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o["mlp_bias"] = c.MlpBias;
        o["no_rope_layers"] = new JsonArray([.. Enumerable.Range(0, c.NumHiddenLayers).Select(i => (JsonNode)(c.Rotates(i) ? 1 : 0))]);
        WriteWindow(c, o);
    }
}
