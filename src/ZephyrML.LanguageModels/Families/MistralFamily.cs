using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Mistral: Llama with a sliding window in every layer, or in none.</summary>
internal sealed class MistralFamily : ModelFamily
{
    public override string Name => "mistral";
    public override string Architecture => "MistralForCausalLM";
    public override bool HasSlidingWindow => true;
    protected override ModelConfig Defaults => Blank with { MaxPositionEmbeddings = 131_072 };
    protected override int? DefaultKeyValueHeads => 8;

    public override ModelConfig Read(ConfigKeys keys)
    {
        var config = base.Read(keys) with { SlidingWindow = keys.Int("sliding_window", 4096) };
        bool slides = config.SlidingWindow is not null;
        keys.Refuse("layer_types", keys.SlidingLayers()?.Any(s => s != slides) == true, "every layer " + (slides ? "sliding_attention" : "full_attention"));
        keys.RefuseUnless("attention_bias", false);
        keys.RefuseUnless("mlp_bias", false);
        return config;
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o["sliding_window"] = c.SlidingWindow;
    }
}
