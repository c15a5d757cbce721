using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>The shape and settings of a decoder, in terms that all families share: what Hugging Face's <c>config.json</c> says.</summary>
/// <remarks>
/// A setting that this decoder does not compute (another family, another activation, quantised weights) is refused by name when
/// read; it is never ignored. Keys that change nothing are kept in <see cref="Extra"/> and written back. The defaults are Llama's.
/// </remarks>
public sealed record ModelConfig
{
    /// <summary>The family, as Hugging Face's <c>model_type</c>: <c>llama</c>, <c>mistral</c>, <c>qwen2</c>, <c>gpt2</c>, ...; it decides how config.json and the weights' names are written.</summary>
    public string ModelType { get; init; } = "llama";

    /// <summary>V: how many tokens there are.</summary>
    public required int VocabSize { get; init; }

    /// <summary>C: the width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>F: the width of the feed-forward layers.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>How many decoder layers there are.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>H: query heads.</summary>
    public required int NumAttentionHeads { get; init; }

    private readonly int? _keyValueHeads, _headDim;

    /// <summary>Heads of keys and values; each serves H / KV query heads. Default: H.</summary>
    public int NumKeyValueHeads { get => _keyValueHeads ?? NumAttentionHeads; init => _keyValueHeads = value; }

    /// <summary>D: the width of a head. Default: C / H.</summary>
    public int HeadDim { get => _headDim ?? HiddenSize / Math.Max(1, NumAttentionHeads); init => _headDim = value; }

    /// <summary>The longest sequence the model is made for, in tokens. Default 2048.</summary>
    public int MaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>ε of the norms. Default 1e-6.</summary>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies. Default 10,000.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>How many positions back a token sees, itself included, in the layers that slide; null: all.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>For each layer, whether it sees the window only; null: all do, where there is a window.</summary>
    public IReadOnlyList<bool>? SlidingLayers { get; init; }

    /// <summary>How rotary frequencies are stretched; null: not.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Base of the rotary frequencies in the layers that slide; null: as in the others, scaling included.</summary>
    public double? SlidingRopeTheta { get; init; }

    /// <summary>With <see cref="SlidingRopeTheta"/>: how those are stretched.</summary>
    public RopeScaling? SlidingRopeScaling { get; init; }

    /// <summary>Which part of each head is rotated. Default 1: all.</summary>
    public double PartialRotaryFactor { get; init; } = 1;

    /// <summary>For each layer, whether it rotates at all; null: all do.</summary>
    public IReadOnlyList<bool>? RotaryLayers { get; init; }

    /// <summary>Whether positions are learned embeddings instead of rotations. Default false.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>The activation by Hugging Face's name: silu, the variants of gelu, relu, relu2, relu6, tanh, sigmoid or linear. Default silu.</summary>
    public string HiddenAct { get; init; } = "silu";

    /// <summary>The shape of the feed-forward part. Default gated.</summary>
    public FeedForwardKind FeedForward { get; init; }

    /// <summary>Whether queries, keys and values have a bias. Default false.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the attention's output has a bias. Default false.</summary>
    public bool AttentionOutputBias { get; init; }

    /// <summary>Whether the feed-forward weights have a bias. Default false.</summary>
    public bool MlpBias { get; init; }

    /// <summary>How queries, keys and values are stored. Default: apart.</summary>
    public QueryKeyValueLayout QueryKeyValue { get; init; }

    /// <summary>Whether the layers' matrices are stored (in, out), as GPT-2's Conv1D. Default false.</summary>
    public bool TransposedWeights { get; init; }

    /// <summary>How activations are normalised. Default RMSNorm.</summary>
    public NormKind Norm { get; init; }

    /// <summary>Where the norms stand. Default: before.</summary>
    public NormPlacement NormPlacement { get; init; }

    /// <summary>How queries and keys are normalised. Default: not.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>Whether attention and feed-forward both start from the layer's input. Default false.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>What attention scores are multiplied by; null: 1/√D.</summary>
    public double? AttentionScale { get; init; }

    /// <summary>Whether the scores of layer i (from 0) are divided by i + 1 besides. Default false.</summary>
    public bool AttentionScaleByLayer { get; init; }

    /// <summary>s of s · tanh(score / s); null: scores are not capped.</summary>
    public double? AttentionSoftcap { get; init; }

    /// <summary>s of s · tanh(logit / s); null: logits are not capped.</summary>
    public double? LogitSoftcap { get; init; }

    /// <summary>What embeddings are multiplied by. Default 1.</summary>
    public double EmbeddingMultiplier { get; init; } = 1;

    /// <summary>What each part's output is multiplied by before it is added. Default 1.</summary>
    public double ResidualMultiplier { get; init; } = 1;

    /// <summary>What logits are divided by. Default 1.</summary>
    public double LogitDivisor { get; init; } = 1;

    /// <summary>Whether the head is the embedding matrix. Default false.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>The token that begins a text, if any.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>The tokens that end a text; often one, sometimes several.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>The token that pads, if any.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Keys of config.json that change nothing here, kept for writing back.</summary>
    public IReadOnlyDictionary<string, JsonElement> Extra { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Reads a config.json.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="source">What errors call it.</param>
    /// <exception cref="InvalidDataException">Not JSON, a size is missing or wrong, or a setting is not supported; all faults are listed.</exception>
    public static ModelConfig FromJson(string json, string source = "config.json") => ModelConfigJson.Read(json, source);

    /// <summary>Writes a config.json that transformers 4 and 5 read.</summary>
    /// <param name="dtype">Hugging Face's name of the weights' type, written as torch_dtype.</param>
    public string ToJson(string dtype = "float32") => ModelConfigJson.Write(this, dtype);

    /// <summary>Checks the sizes against each other.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate()
    {
        var faults = Faults().ToList();
        if (faults.Count > 0) throw new ArgumentException("The model's configuration is wrong: " + string.Join("; ", faults) + ".");
    }

    /// <summary>Whether a layer sees the window only.</summary>
    internal bool Slides(int layer) => SlidingWindow is not null && (SlidingLayers is null || SlidingLayers[layer]);

    /// <summary>Whether a layer rotates queries and keys.</summary>
    internal bool Rotates(int layer) => !LearnedPositions && (RotaryLayers is null || RotaryLayers[layer]);

    /// <summary>How many numbers of a head are rotated.</summary>
    internal int RotaryDim => (int)(HeadDim * PartialRotaryFactor);

    /// <summary>Whether what is computed for a token depends on how long its batch's rows are.</summary>
    internal bool DependsOnLength => !LearnedPositions && (RopeScaling?.DependsOnLength == true || SlidingRopeScaling?.DependsOnLength == true);

    internal IEnumerable<string> Faults()
    {
        if (ModelFamily.Find(ModelType) is null) yield return $"model_type is '{ModelType}'; supported are {ModelFamily.Names}";
        foreach (var (name, value) in new[]
        {
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("intermediate_size (n_inner)", IntermediateSize), ("num_hidden_layers", NumHiddenLayers),
            ("num_attention_heads", NumAttentionHeads), ("num_key_value_heads", NumKeyValueHeads), ("head_dim", HeadDim), ("max_position_embeddings (n_positions)", MaxPositionEmbeddings),
        })
            if (value <= 0) yield return $"{name} is {value}, expected a positive number";
        if (NumAttentionHeads > 0 && NumKeyValueHeads > 0 && NumAttentionHeads % NumKeyValueHeads != 0)
            yield return $"num_attention_heads {NumAttentionHeads} is not a multiple of num_key_value_heads {NumKeyValueHeads}";
        if (!LearnedPositions && HeadDim % 2 != 0) yield return $"head_dim is {HeadDim}, expected an even number (rotary pairs)";
        else if (!LearnedPositions && !(PartialRotaryFactor is > 0 and <= 1 && RotaryDim >= 2 && RotaryDim % 2 == 0)) yield return $"partial_rotary_factor (rotary_pct) is {PartialRotaryFactor}, which rotates {RotaryDim} of {HeadDim}; expected an even number";
        if (!(RmsNormEps > 0)) yield return $"rms_norm_eps (layer_norm_eps, layer_norm_epsilon) is {RmsNormEps}, expected a positive number";
        if (!(RopeTheta > 0)) yield return $"rope_theta (rotary_emb_base) is {RopeTheta}, expected a positive number";
        if (SlidingRopeTheta is { } local && !(local > 0)) yield return $"the sliding layers' rope_theta (rope_local_base_freq) is {local}, expected a positive number";
        foreach (var fault in new[] { RopeScaling, SlidingRopeScaling }.SelectMany(r => r?.Faults(RotaryDim / 2, MaxPositionEmbeddings) ?? [])) yield return fault;
        if (SlidingWindow is <= 0) yield return $"sliding_window is {SlidingWindow}, expected a positive number or null";
        if (SlidingWindow is not null && ModelFamily.Find(ModelType) is { HasSlidingWindow: false }) yield return $"sliding_window is set, which models of type {ModelType} do not have";
        if (SlidingLayers is { } sliding && sliding.Count != NumHiddenLayers) yield return $"layer_types names {sliding.Count} layers, num_hidden_layers is {NumHiddenLayers}";
        if (RotaryLayers is { } rotary && rotary.Count != NumHiddenLayers) yield return $"no_rope_layers names {rotary.Count} layers, num_hidden_layers is {NumHiddenLayers}";
        if (!Activations.Known(HiddenAct)) yield return $"hidden_act (hidden_activation, activation_function) is \"{HiddenAct}\", which is not supported (expected one of {Activations.Names})";
        if (QueryKeyValue == QueryKeyValueLayout.FusedByHead && NumKeyValueHeads != NumAttentionHeads) yield return "weights fused head by head need as many key and value heads as query heads";
        foreach (var (name, value) in new (string, double?)[] { ("the attention's scale (query_pre_attn_scalar, attention_multiplier)", AttentionScale), ("attn_logit_softcapping", AttentionSoftcap), ("final_logit_softcapping", LogitSoftcap), ("logits_scaling", LogitDivisor) })
            if (value is { } v && !(v > 0 && double.IsFinite(v))) yield return $"{name} is {v}, expected a positive number";
        foreach (var id in EosTokenIds.Append(BosTokenId ?? 0))
            if (id < 0) yield return $"token id {id} is negative";
    }
}
