using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Llama 1 to 3, and what is built like it.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    public override string Name => "llama";
    public override string Architecture => "LlamaForCausalLM";

    public override ModelConfig Read(ConfigKeys keys)
    {
        keys.Refuse("layer_types", keys.SlidingLayers()?.Contains(true) == true, "every layer full_attention");
        if (keys.IsSet("sliding_window")) keys.Faults.Add($"sliding_window is {keys.Raw("sliding_window")}, which models of type llama do not have");
        keys.Refuse("pretraining_tp", keys.Element("pretraining_tp") is { ValueKind: JsonValueKind.Number } tp && tp.GetDouble() != 1, "1");
        return WithAttentionBias(base.Read(keys), keys) with { MlpBias = keys.Flag("mlp_bias") ?? false };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o["mlp_bias"] = c.MlpBias;
        o["pretraining_tp"] = 1;
    }
}
