namespace ZephyrML.LanguageModels;

/// <summary>A configuration as the metadata that llama.cpp reads.</summary>
internal static class GgufMetadata
{
    /// <summary>Keys that llama.cpp does not know and passes over: what its own do not say, for reading a file back exactly.</summary>
    public const string HiddenAct = "hidden_activation", Tied = "tie_word_embeddings", Llama3 = "rope.scaling.llama3.";

    /// <exception cref="NotSupportedException">llama.cpp could not compute this model; the message lists why.</exception>
    public static List<(string Key, object Value)> Of(ModelConfig c, GgufType type, string name)
    {
        var architecture = GgufArchitecture.Of(c);
        var faults = architecture.Faults(c).ToList();
        if (faults.Count > 0) throw new NotSupportedException($"This model of type {c.ModelType} cannot be written as GGUF: llama.cpp's architecture {architecture.Name} has not {string.Join("; ", faults)}.");
        var pairs = new List<(string Key, object Value)>
        {
            ("general.architecture", architecture.Name), ("general.type", "model"), ("general.name", name),
            ("general.file_type", type switch { GgufType.F16 => 1u, GgufType.BF16 => 32u, _ => 7u }), ("general.quantization_version", 2u),
        };
        void Put(string key, object value) => pairs.Add(($"{architecture.Name}.{key}", value));
        Put("vocab_size", (uint)c.VocabSize);
        Put("context_length", (uint)c.MaxPositionEmbeddings);
        Put("embedding_length", (uint)c.HiddenSize);
        Put("block_count", (uint)c.NumHiddenLayers);
        Put("feed_forward_length", (uint)c.IntermediateSize);
        Put("attention.head_count", (uint)c.NumAttentionHeads);
        Put("attention.head_count_kv", (uint)c.NumKeyValueHeads);
        Put("attention.key_length", (uint)c.HeadDim);
        Put("attention.value_length", (uint)c.HeadDim);
        Put(c.Norm == NormKind.Layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", (float)c.RmsNormEps);
        if (!c.LearnedPositions) PutRope(c, Put);
        PutRest(c, Put);
        return pairs;
    }

    private static void PutRope(ModelConfig c, Action<string, object> put)
    {
        put("rope.dimension_count", (uint)c.RotaryDim);
        put("rope.freq_base", (float)c.RopeTheta);
        if (c.SlidingRopeTheta is { } local) put("rope.freq_base_swa", (float)local);
        if (c.RopeScaling is not { } rope)
        {
            // What llama.cpp's own converter writes for every Phi-3.
            if (c.ModelType == "phi3") put("rope.scaling.original_context_length", (uint)c.MaxPositionEmbeddings);
            return;
        }
        uint original = (uint)(rope.OriginalMaxPositionEmbeddings ?? c.MaxPositionEmbeddings);
        var frequencies = new RotaryFrequencies(c.RotaryDim, c.RopeTheta, rope, c.MaxPositionEmbeddings);
        if (rope.Type == "llama3")
        {
            // The frequencies are a tensor; these say how it was made.
            put(Llama3 + "factor", (float)rope.Factor!.Value);
            put(Llama3 + "low_freq_factor", (float)rope.LowFreqFactor!.Value);
            put(Llama3 + "high_freq_factor", (float)rope.HighFreqFactor!.Value);
            put(Llama3 + "original_context_length", original);
            return;
        }
        put("rope.scaling.type", rope.Type);
        if (rope.Type == "longrope")
        {
            put("rope.scaling.original_context_length", original);
            put("rope.scaling.attn_factor", frequencies.Amplitude);
            return;
        }
        put("rope.scaling.factor", (float)frequencies.Stretch);
        if (rope.Type != "yarn") return;
        put("rope.scaling.original_context_length", original);
        if (rope.AttentionFactor is not null || rope.Mscale is not null || rope.MscaleAllDim is not null) put("rope.scaling.yarn_attn_factor", frequencies.Amplitude);
        if (rope.BetaFast is { } fast) put("rope.scaling.yarn_beta_fast", (float)fast);
        if (rope.BetaSlow is { } slow) put("rope.scaling.yarn_beta_slow", (float)slow);
    }

    private static void PutRest(ModelConfig c, Action<string, object> put)
    {
        if (c.SlidingWindow is { } window) put("attention.sliding_window", (uint)window);
        else if (c.ModelType == "phi3") put("attention.sliding_window", 0u);
        if (GgufArchitecture.DefaultPeriod(c.ModelType) is { } usual && GgufArchitecture.PeriodOf(c) is { } period && period != usual) put("attention.sliding_window_pattern", (uint)period);
        if (c.AttentionSoftcap is { } scores) put("attn_logit_softcapping", (float)scores);
        if (c.LogitSoftcap is { } logits) put("final_logit_softcapping", (float)logits);
        switch (c.ModelType)
        {
            case "granite":
                put("attention.scale", (float)(c.AttentionScale ?? 1 / Math.Sqrt(c.HeadDim)));
                put("embedding_scale", (float)c.EmbeddingMultiplier);
                put("residual_scale", (float)c.ResidualMultiplier);
                put("logit_scale", (float)c.LogitDivisor);
                break;
            case "gpt_neox":
                put("use_parallel_residual", c.ParallelResidual);
                break;
        }
        if (c.HiddenAct != GgufConfig.DefaultActivation(c.ModelType)) put(HiddenAct, c.HiddenAct);
        if (c.TieWordEmbeddings && GgufArchitecture.Of(c).NeedsHead) put(Tied, true);
    }
}
