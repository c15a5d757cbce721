using System.Text.RegularExpressions;

namespace ZephyrML.LanguageModels;

/// <summary>What llama.cpp calls the weights, and in which order it has them.</summary>
internal static partial class GgufNames
{
    private static readonly Dictionary<string, string> Outer = new()
    {
        ["model.embed_tokens"] = "token_embd", ["model.embed_positions"] = "position_embd", ["model.norm"] = "output_norm", ["lm_head"] = "output",
    };

    private static readonly Dictionary<string, string> Inner = new()
    {
        ["input_layernorm"] = "attn_norm", ["pre_feedforward_layernorm"] = "ffn_norm", ["post_feedforward_layernorm"] = "post_ffw_norm",
        ["self_attn.q_proj"] = "attn_q", ["self_attn.k_proj"] = "attn_k", ["self_attn.v_proj"] = "attn_v", ["self_attn.qkv_proj"] = "attn_qkv", ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm", ["self_attn.k_norm"] = "attn_k_norm",
        ["mlp.gate_proj"] = "ffn_gate", ["mlp.up_proj"] = "ffn_up", ["mlp.gate_up_proj"] = "ffn_up", ["mlp.down_proj"] = "ffn_down",
    };

    /// <summary>The file's name of a weight that all families share under Llama's name, and its order there.</summary>
    public static (string Name, GgufOrder Order) Of(string own, ModelConfig c)
    {
        int dot = own.LastIndexOf('.');
        string stem = own[..dot], kind = own[dot..];
        if (Outer.TryGetValue(stem, out var outer)) return (outer + kind, OrderOf(stem, kind, c));
        var layer = Layer().Match(stem);
        string part = layer.Groups[2].Value;
        // In most families the norm before the feed-forward part, in the others one of attention's output.
        string name = part == "post_attention_layernorm" ? c.NormPlacement == NormPlacement.Before ? "ffn_norm" : "post_attention_norm" : Inner[part];
        return ($"blk.{layer.Groups[1].Value}.{name}{kind}", OrderOf(part, kind, c));
    }

    private static GgufOrder OrderOf(string part, string kind, ModelConfig c)
    {
        if (part.EndsWith("norm", StringComparison.Ordinal)) return c.Norm == NormKind.RmsFromOne ? GgufOrder.PlusOne : GgufOrder.Same;
        if (part is "self_attn.q_proj" or "self_attn.k_proj") return GgufArchitecture.Of(c).RotatesNeighbours ? GgufOrder.Pairs : GgufOrder.Same;
        if (part == "self_attn.qkv_proj" && c.QueryKeyValue == QueryKeyValueLayout.FusedByHead) return GgufOrder.Parts;
        bool matrix = kind == ".weight" && (part.StartsWith("self_attn.", StringComparison.Ordinal) || part.StartsWith("mlp.", StringComparison.Ordinal));
        return matrix && c.TransposedWeights ? GgufOrder.Transposed : GgufOrder.Same;
    }

    [GeneratedRegex(@"^model\.layers\.(\d+)\.(.+)$")]
    private static partial Regex Layer();
}
