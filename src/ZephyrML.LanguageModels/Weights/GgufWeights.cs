using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A GGUF file of architecture llama (Llama and Mistral models) under Hugging Face's names and in Hugging Face's order of rows.</summary>
internal sealed class GgufWeights : IWeightFile
{
    private readonly GgufReader _file;
    private readonly ModelConfig _config;
    private readonly List<(string Name, GgufTensor Tensor)> _tensors;

    public GgufWeights(GgufReader file, ModelConfig config)
    {
        (_file, _config) = (file, config);
        if (config.ModelType is not ("llama" or "mistral")) throw new InvalidDataException($"{file.Source}: models of type {config.ModelType} are read from safetensors only; GGUF files of llama and mistral.");
        CheckMetadata();
        // The stretched rotary frequencies of Llama 3 follow from the configuration.
        _tensors = [.. file.Tensors.Where(t => t.Name != "rope_freqs.weight").Select(t => (HuggingFaceName(t.Name), t))];
        Weights = [.. _tensors.Select(t => new StoredWeight(t.Name, t.Tensor.Shape))];
    }

    public string Source => _file.Source;

    public IReadOnlyList<StoredWeight> Weights { get; }

    public void ReadAll(Func<string, Tensor?> target)
    {
        foreach (var (name, tensor) in _tensors)
            if (target(name) is { } weight)
                _file.Read(tensor, weight, name.EndsWith(".q_proj.weight", StringComparison.Ordinal) || name.EndsWith(".k_proj.weight", StringComparison.Ordinal)
                    ? row => Unpermuted(row, _config.HeadDim)
                    : null);
    }

    /// <summary>
    /// Files of this architecture interleave the two halves of each head's rotary pairs: row (head, j, half) of the file is row (head, half, j) here.
    /// </summary>
    internal static long Unpermuted(long row, int headDim)
    {
        var (head, r) = Math.DivRem(row, headDim);
        return head * headDim + r % 2 * (headDim / 2) + r / 2;
    }

    private void CheckMetadata()
    {
        string architecture = _file.Metadata.GetValueOrDefault("general.architecture") as string ?? "";
        if (architecture != "llama") throw new InvalidDataException($"{Source}: general.architecture is '{architecture}'; supported is llama (Llama and Mistral models).");
        var faults = new List<string>();
        foreach (var (key, expected) in new (string, long)[]
        {
            ("llama.block_count", _config.NumHiddenLayers), ("llama.embedding_length", _config.HiddenSize), ("llama.feed_forward_length", _config.IntermediateSize),
            ("llama.attention.head_count", _config.NumAttentionHeads), ("llama.attention.head_count_kv", _config.NumKeyValueHeads), ("llama.rope.dimension_count", _config.HeadDim),
        })
            if (_file.Number(key) is { } have && have != expected) faults.Add($"{key} is {have}, the configuration says {expected}");
        if (_file.Metadata.GetValueOrDefault("llama.rope.freq_base") is float theta && Math.Abs(theta - _config.RopeTheta) > 1e-3 * _config.RopeTheta)
            faults.Add($"llama.rope.freq_base is {theta}, the configuration's rope_theta {_config.RopeTheta}");
        if (faults.Count > 0) throw new InvalidDataException($"{Source}: does not fit config.json: {string.Join("; ", faults)}.");
    }

    private static string HuggingFaceName(string name)
    {
        switch (name)
        {
            case "token_embd.weight": return "model.embed_tokens.weight";
            case "output_norm.weight": return "model.norm.weight";
            case "output.weight": return "lm_head.weight";
        }
        var parts = name.Split('.');
        if (parts is not ["blk", var layer, var part, "weight"]) return name;
        string? block = part switch
        {
            "attn_norm" => "input_layernorm",
            "attn_q" => "self_attn.q_proj",
            "attn_k" => "self_attn.k_proj",
            "attn_v" => "self_attn.v_proj",
            "attn_output" => "self_attn.o_proj",
            "ffn_norm" => "post_attention_layernorm",
            "ffn_gate" => "mlp.gate_proj",
            "ffn_up" => "mlp.up_proj",
            "ffn_down" => "mlp.down_proj",
            _ => null,
        };
        return block is null ? name : $"model.layers.{layer}.{block}.weight";
    }

    public void Dispose() => _file.Dispose();
}
