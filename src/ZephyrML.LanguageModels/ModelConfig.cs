using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>The shape and settings of a decoder: what Hugging Face's <c>config.json</c> of the families llama and mistral says.</summary>
/// <remarks>
/// A setting that this decoder does not compute (another family, a scaled RoPE, biases, another activation, quantised weights)
/// is refused by name when read; it is never ignored. Keys that change nothing are kept in <see cref="Extra"/> and written back.
/// </remarks>
public sealed record ModelConfig
{
    /// <summary>The family: <c>llama</c> or <c>mistral</c>.</summary>
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

    /// <summary>ε of RMSNorm. Default 1e-6.</summary>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies. Default 10,000.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>How many positions back a token sees, itself included; null: all. Mistral only.</summary>
    public int? SlidingWindow { get; init; }

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

    internal IEnumerable<string> Faults()
    {
        if (ModelType is not ("llama" or "mistral")) yield return $"model_type is '{ModelType}', expected llama or mistral";
        foreach (var (name, value) in new[]
        {
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("intermediate_size", IntermediateSize), ("num_hidden_layers", NumHiddenLayers),
            ("num_attention_heads", NumAttentionHeads), ("num_key_value_heads", NumKeyValueHeads), ("head_dim", HeadDim), ("max_position_embeddings", MaxPositionEmbeddings),
        })
            if (value <= 0) yield return $"{name} is {value}, expected a positive number";
        if (NumAttentionHeads > 0 && NumKeyValueHeads > 0 && NumAttentionHeads % NumKeyValueHeads != 0)
            yield return $"num_attention_heads {NumAttentionHeads} is not a multiple of num_key_value_heads {NumKeyValueHeads}";
        if (HeadDim % 2 != 0) yield return $"head_dim is {HeadDim}, expected an even number (rotary pairs)";
        if (!(RmsNormEps > 0)) yield return $"rms_norm_eps is {RmsNormEps}, expected a positive number";
        if (!(RopeTheta > 0)) yield return $"rope_theta is {RopeTheta}, expected a positive number";
        if (SlidingWindow is <= 0) yield return $"sliding_window is {SlidingWindow}, expected a positive number or null";
        if (SlidingWindow is not null && ModelType == "llama") yield return "sliding_window is set, which models of type llama do not have";
        foreach (var id in EosTokenIds.Append(BosTokenId ?? 0))
            if (id < 0) yield return $"token id {id} is negative";
    }
}
