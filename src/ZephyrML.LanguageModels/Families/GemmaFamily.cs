using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>Gemma 1: embeddings times √C, norms whose weights count from one, GELU.</summary>
internal sealed class GemmaFamily : ModelFamily
{
    public override string Name => "gemma";
    public override string Architecture => "GemmaForCausalLM";
    protected override ModelConfig Defaults => Blank with
    {
        MaxPositionEmbeddings = 8192, HiddenAct = "gelu_pytorch_tanh", TieWordEmbeddings = true, BosTokenId = 2, EosTokenIds = [1], PadTokenId = 0, Norm = NormKind.RmsFromOne,
    };
    protected override int? DefaultKeyValueHeads => 16;
    protected override int? DefaultHeadDim => 256;

    public override ModelConfig Read(ConfigKeys keys)
    {
        keys.RefuseUnless("use_bidirectional_attention", false);
        var config = WithAttentionBias(base.Read(keys), keys);
        // transformers 4 goes by hidden_activation, transformers 5 by hidden_act.
        if (keys.Text("hidden_activation") is { } activation && keys.Has("hidden_act") && activation != config.HiddenAct)
            keys.Faults.Add($"hidden_activation is \"{activation}\" and hidden_act \"{config.HiddenAct}\": expected the same");
        return config with { HiddenAct = keys.Text("hidden_activation") ?? config.HiddenAct, EmbeddingMultiplier = Math.Sqrt(config.HiddenSize) };
    }

    public override void Write(ModelConfig c, JsonObject o)
    {
        base.Write(c, o);
        o["hidden_activation"] = c.HiddenAct;       // what transformers 4 heeds
    }
}
