using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>The weights of a GGUF file under Hugging Face's names and in Hugging Face's order.</summary>
internal sealed class GgufWeights : IWeightFile
{
    private readonly GgufReader _file;
    private readonly ModelConfig _config;
    private readonly List<(string Name, GgufTensor Tensor, GgufOrder Order)> _tensors = [];

    /// <exception cref="InvalidDataException">The file is of another architecture, or its sizes are not those of the configuration.</exception>
    public GgufWeights(GgufReader file, ModelConfig config)
    {
        (_file, _config) = (file, config);
        CheckMetadata();
        var family = ModelFamily.Get(config.ModelType);
        var known = WeightShapes.Own(config).Append(new StoredWeight("lm_head.weight", [])).DistinctBy(w => w.Name)
            .Select(w => (Own: w.Name, GgufNames.Of(w.Name, config).Name, GgufNames.Of(w.Name, config).Order)).ToDictionary(w => w.Name);
        foreach (var tensor in file.Tensors.Where(t => !GgufRopeConfig.IsRope(t.Name)))      // those follow from the configuration
            _tensors.Add(known.TryGetValue(tensor.Name, out var found) ? (family.WeightName(found.Own), tensor, found.Order) : (tensor.Name, tensor, GgufOrder.Same));
        Weights = [.. _tensors.Select(t => new StoredWeight(t.Name, t.Order.Shape(t.Tensor.Shape)))];
    }

    public string Source => _file.Source;

    public IReadOnlyList<StoredWeight> Weights { get; }

    public void ReadAll(Func<string, Tensor?> target)
    {
        foreach (var (name, tensor, order) in _tensors)
        {
            if (target(name) is not { } weight) continue;
            if (order == GgufOrder.Same)
            {
                _file.Read(tensor, weight);
                continue;
            }
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var stored = empty(tensor.Shape.ToArray(), dtype: order == GgufOrder.PlusOne ? ScalarType.Float32 : GgufBlocks.Plain(tensor.Type) ?? ScalarType.Float32);
            _file.Read(tensor, stored);
            weight.copy_(order.FromFile(stored, _config));
        }
    }

    private void CheckMetadata()
    {
        string architecture = _file.Metadata.GetValueOrDefault("general.architecture") as string ?? "", expected = GgufArchitecture.Of(_config).Name;
        if (architecture != expected)
            throw new InvalidDataException($"{Source}: general.architecture is '{architecture}'; the configuration is of model_type {_config.ModelType}, which is {expected} there.");
        var faults = new List<string>();
        foreach (var (key, value) in new (string, long)[]
        {
            ("block_count", _config.NumHiddenLayers), ("embedding_length", _config.HiddenSize), ("feed_forward_length", _config.IntermediateSize),
            ("attention.head_count", _config.NumAttentionHeads), ("attention.head_count_kv", _config.NumKeyValueHeads), ("rope.dimension_count", _config.RotaryDim),
        })
            if (_file.Number($"{architecture}.{key}") is { } have && have != value && !(_config.LearnedPositions && key.StartsWith("rope", StringComparison.Ordinal)))
                faults.Add($"{architecture}.{key} is {have}, the configuration says {value}");
        if (_file.Metadata.GetValueOrDefault($"{architecture}.rope.freq_base") is float theta && !_config.LearnedPositions && Math.Abs(theta - _config.RopeTheta) > 1e-3 * _config.RopeTheta)
            faults.Add($"{architecture}.rope.freq_base is {theta}, the configuration's rope_theta {_config.RopeTheta}");
        if (faults.Count > 0) throw new InvalidDataException($"{Source}: does not fit config.json: {string.Join("; ", faults)}.");
    }

    public void Dispose() => _file.Dispose();
}
