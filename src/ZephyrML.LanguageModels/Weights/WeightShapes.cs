namespace ZephyrML.LanguageModels;

/// <summary>Which weights a decoder has, told from its configuration alone: a file is checked against this before memory is taken.</summary>
internal static class WeightShapes
{
    /// <summary>Hugging Face's names and shapes.</summary>
    public static IEnumerable<StoredWeight> Of(ModelConfig c)
    {
        var family = ModelFamily.Get(c.ModelType);
        return Own(c).Select(w => w with { Name = family.WeightName(w.Name) });
    }

    /// <summary>Shapes under the names that all families share: those of Llama.</summary>
    public static IEnumerable<StoredWeight> Own(ModelConfig c)
    {
        long C = c.HiddenSize, D = c.HeadDim, q = c.NumAttentionHeads * D, kv = c.NumKeyValueHeads * D, F = c.IntermediateSize;
        yield return new("model.embed_tokens.weight", [c.VocabSize, C]);
        if (c.LearnedPositions) yield return new("model.embed_positions.weight", [c.MaxPositionEmbeddings, C]);
        for (int i = 0; i < c.NumHiddenLayers; i++)
        {
            string layer = $"model.layers.{i}.", attention = layer + "self_attn.", mlp = layer + "mlp.";
            var parts = new List<StoredWeight>();
            void Linear(string name, long from, long to, bool bias)
            {
                parts.Add(new(name + ".weight", c.TransposedWeights ? [from, to] : [to, from]));
                if (bias) parts.Add(new(name + ".bias", [to]));
            }
            if (c.NormPlacement != NormPlacement.After) parts.AddRange(Norm(c, layer + "input_layernorm", C));
            if (c.QueryKeyValue != QueryKeyValueLayout.Separate) Linear(attention + "qkv_proj", C, q + 2 * kv, c.AttentionBias);
            else
            {
                Linear(attention + "q_proj", C, q, c.AttentionBias);
                Linear(attention + "k_proj", C, kv, c.AttentionBias);
                Linear(attention + "v_proj", C, kv, c.AttentionBias);
            }
            Linear(attention + "o_proj", q, C, c.AttentionOutputBias);
            if (c.QueryKeyNorm != QueryKeyNorm.None)
            {
                bool whole = c.QueryKeyNorm == QueryKeyNorm.Whole;
                parts.AddRange(Norm(c, attention + "q_norm", whole ? q : D));
                parts.AddRange(Norm(c, attention + "k_norm", whole ? kv : D));
            }
            parts.AddRange(Norm(c, layer + "post_attention_layernorm", C));
            if (c.NormPlacement == NormPlacement.Around) parts.AddRange(Norm(c, layer + "pre_feedforward_layernorm", C));
            if (c.NormPlacement != NormPlacement.Before) parts.AddRange(Norm(c, layer + "post_feedforward_layernorm", C));
            if (c.FeedForward == FeedForwardKind.GatedFused) Linear(mlp + "gate_up_proj", C, 2 * F, c.MlpBias);
            else
            {
                if (c.FeedForward == FeedForwardKind.Gated) Linear(mlp + "gate_proj", C, F, c.MlpBias);
                Linear(mlp + "up_proj", C, F, c.MlpBias);
            }
            Linear(mlp + "down_proj", F, C, c.MlpBias);
            foreach (var part in parts) yield return part;
        }
        foreach (var part in Norm(c, "model.norm", C)) yield return part;
        if (!c.TieWordEmbeddings) yield return new("lm_head.weight", [c.VocabSize, C]);
    }

    private static IEnumerable<StoredWeight> Norm(ModelConfig c, string name, long size)
    {
        yield return new(name + ".weight", [size]);
        if (c.Norm == NormKind.Layer) yield return new(name + ".bias", [size]);
    }
}
