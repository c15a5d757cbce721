namespace ZephyrML.LanguageModels;

/// <summary>An architecture of llama.cpp: what it computes without being told, so that a model which asks for something else is refused and not silently changed.</summary>
/// <param name="Name">general.architecture.</param>
internal sealed record GgufArchitecture(string Name)
{
    private static readonly string[] Silu = ["silu", "swish"], Gelu = ["gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python", "gelu_python_tanh", "gelu_accurate"];

    private static readonly Dictionary<string, GgufArchitecture> ByModelType = new()
    {
        ["llama"] = new("llama") { RotatesNeighbours = true, OptionalBiases = true, AnyHeadDim = true, RopeScalings = ["linear", "yarn", "llama3", "longrope"] },
        ["mistral"] = new("llama") { RotatesNeighbours = true, AnyHeadDim = true, RopeScalings = ["linear", "yarn", "llama3", "longrope"] },
        ["qwen2"] = new("qwen2"),
        ["qwen3"] = new("qwen3") { AnyHeadDim = true },
        ["gemma"] = new("gemma") { AnyHeadDim = true, Activations = Gelu, AlwaysTied = true, RopeScalings = [] },
        ["gemma2"] = new("gemma2") { AnyHeadDim = true, Activations = Gelu, AlwaysTied = true, RopeScalings = [] },
        ["gemma3_text"] = new("gemma3") { AnyHeadDim = true, Activations = Gelu, RopeScalings = ["linear"] },
        ["phi3"] = new("phi3") { RopeScalings = ["longrope"] },
        ["smollm3"] = new("smollm3") { RotatesNeighbours = true, AnyHeadDim = true },
        ["olmo2"] = new("olmo2") { NeedsHead = true },
        ["granite"] = new("granite") { RotatesNeighbours = true, OptionalBiases = true, AnyHeadDim = true, RopeScalings = ["linear", "yarn", "llama3"] },
        ["gpt2"] = new("gpt2") { Activations = Gelu, RopeScalings = [] },
        ["gpt_neox"] = new("gptneox") { Activations = Gelu, NeedsHead = true },
    };

    /// <summary>Whether rotary pairs are neighbours there, so that rows of q and k stand in another order.</summary>
    public bool RotatesNeighbours { get; private init; }

    private bool OptionalBiases { get; init; }
    private bool AnyHeadDim { get; init; }
    private bool AlwaysTied { get; init; }
    private string[] Activations { get; init; } = Silu;
    private string[] RopeScalings { get; init; } = ["linear", "yarn"];

    /// <summary>Whether a file must hold the head even where it is tied.</summary>
    public bool NeedsHead { get; private init; }

    public static string Names => string.Join(", ", ByModelType.Values.Select(a => a.Name).Distinct());

    public static GgufArchitecture Of(ModelConfig c) => ByModelType[c.ModelType];

    /// <summary>Hugging Face's model_type of an architecture; where there are several, the first.</summary>
    public static string? ModelType(string architecture) => ByModelType.Where(a => a.Value.Name == architecture).Select(a => a.Key).FirstOrDefault();

    /// <summary>The windowed layers' period that llama.cpp takes for granted: the last layer of each period sees everything.</summary>
    public static int? DefaultPeriod(string modelType) => modelType switch { "gemma2" => 2, "gemma3_text" => 6, _ => null };

    /// <summary>The period of the windowed layers, if they have one.</summary>
    public static int? PeriodOf(ModelConfig c)
    {
        if (c.SlidingWindow is null) return null;
        var periods = new[] { DefaultPeriod(c.ModelType) ?? 1 }.Concat(Enumerable.Range(1, c.NumHiddenLayers + 1));
        return periods.Where(p => Enumerable.Range(0, c.NumHiddenLayers).All(i => c.Slides(i) == (i % p < p - 1))).Select(p => (int?)p).FirstOrDefault();
    }

    /// <summary>What attention scores are multiplied by there.</summary>
    public static double AttentionScale(ModelConfig c) => 1 / Math.Sqrt((c.ModelType, c.NumHiddenLayers) is ("gemma2", 46) or ("gemma3_text", 62) ? c.HiddenSize / c.NumAttentionHeads : c.HeadDim);

    /// <summary>Why llama.cpp could not compute this model.</summary>
    public IEnumerable<string> Faults(ModelConfig c)
    {
        if (!Activations.Contains(c.HiddenAct)) yield return $"the activation {c.HiddenAct} (it computes {Activations[0]})";
        bool biased = c.QueryKeyValue != QueryKeyValueLayout.Separate && c.FeedForward == FeedForwardKind.Plain;
        if (biased && !(c.AttentionBias && c.AttentionOutputBias && c.MlpBias)) yield return "attention without biases";
        else if (!biased && !OptionalBiases && (c.AttentionBias && c.ModelType != "qwen2" || c.AttentionOutputBias || c.MlpBias)) yield return "attention_bias or mlp_bias";
        if (!AnyHeadDim && c.HeadDim * c.NumAttentionHeads != c.HiddenSize) yield return $"head_dim {c.HeadDim} with hidden_size {c.HiddenSize} and {c.NumAttentionHeads} heads";
        if (AlwaysTied && !c.TieWordEmbeddings) yield return "a head of its own (tie_word_embeddings false)";
        if (c.RopeScaling is { } rope && !RopeScalings.Contains(rope.Type)) yield return $"the RoPE scaling '{rope.Type}'";
        if (c.RopeScaling is { Type: "yarn", Truncate: false }) yield return "the RoPE scaling 'yarn' with truncate false";
        if (c.SlidingRopeScaling is not null) yield return "a RoPE scaling in the layers that slide";
        switch (c.ModelType)
        {
            case "qwen2" or "qwen3" or "smollm3" when c.SlidingWindow is not null:
                yield return "sliding_window in some layers";
                break;
            case "gemma2" or "gemma3_text":
                if (c.SlidingWindow is not null && PeriodOf(c) is null) yield return "layer_types without a period";
                if (Math.Abs((c.AttentionScale ?? 1 / Math.Sqrt(c.HeadDim)) / AttentionScale(c) - 1) > 1e-6) yield return $"query_pre_attn_scalar other than {Math.Round(1 / Math.Pow(AttentionScale(c), 2))}";
                if (c.ModelType == "gemma2" && (c.SlidingWindow is null || c.AttentionSoftcap is null || c.LogitSoftcap is null)) yield return "layers without sliding_window, attn_logit_softcapping or final_logit_softcapping";
                if (c.ModelType == "gemma3_text" && c.AttentionSoftcap is not null) yield return "attn_logit_softcapping";
                break;
            case "gpt2" when c.AttentionScale is not null || c.AttentionScaleByLayer:
                yield return "scale_attn_weights false or scale_attn_by_inverse_layer_idx";
                break;
        }
        if (c.ModelType == "smollm3" && Enumerable.Range(0, c.NumHiddenLayers).Any(i => c.Rotates(i) != ((i + 1) % 4 != 0))) yield return "no_rope_layers other than every fourth";
    }
}
