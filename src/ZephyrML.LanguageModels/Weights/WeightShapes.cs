namespace ZephyrML.LanguageModels;

/// <summary>Which weights a decoder has, told from its configuration alone: a file is checked against this before memory is taken.</summary>
internal static class WeightShapes
{
    public static IEnumerable<StoredWeight> Of(ModelConfig c)
    {
        long C = c.HiddenSize, q = (long)c.NumAttentionHeads * c.HeadDim, kv = (long)c.NumKeyValueHeads * c.HeadDim, F = c.IntermediateSize;
        yield return new("model.embed_tokens.weight", [c.VocabSize, C]);
        for (int i = 0; i < c.NumHiddenLayers; i++)
        {
            string layer = $"model.layers.{i}.";
            yield return new(layer + "input_layernorm.weight", [C]);
            yield return new(layer + "self_attn.q_proj.weight", [q, C]);
            yield return new(layer + "self_attn.k_proj.weight", [kv, C]);
            yield return new(layer + "self_attn.v_proj.weight", [kv, C]);
            yield return new(layer + "self_attn.o_proj.weight", [C, q]);
            yield return new(layer + "post_attention_layernorm.weight", [C]);
            yield return new(layer + "mlp.gate_proj.weight", [F, C]);
            yield return new(layer + "mlp.up_proj.weight", [F, C]);
            yield return new(layer + "mlp.down_proj.weight", [C, F]);
        }
        yield return new("model.norm.weight", [C]);
        if (!c.TieWordEmbeddings) yield return new("lm_head.weight", [c.VocabSize, C]);
    }
}
