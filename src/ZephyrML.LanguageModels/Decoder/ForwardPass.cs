using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>What all layers of one forward pass share. Its tensors belong to the caller's dispose scope.</summary>
internal sealed class ForwardPass
{
    private Tensor? _full, _sliding;                                // added to the attention scores, see AttentionBias; null: plain causal
    private (Tensor Cos, Tensor Sin) _rotary, _slidingRotary;       // (T, 1, R) or (B, T, 1, R)

    private ForwardPass(KeyValueCache? cache) => Cache = cache;

    /// <summary>Keys and values of the positions before this pass, or null.</summary>
    public KeyValueCache? Cache { get; }

    /// <summary>(B, T) or (T) positions, where they are learned embeddings.</summary>
    public Tensor? Positions { get; private init; }

    /// <summary>What a layer adds to its scores; null: plain causal.</summary>
    public Tensor? Bias(bool slides) => slides ? _sliding : _full;

    /// <summary>A layer's cosines and sines.</summary>
    public (Tensor Cos, Tensor Sin) Rotary(bool slides) => slides ? _slidingRotary : _rotary;

    /// <summary>A pass over whole rows of T positions.</summary>
    public static ForwardPass Of(long rows, long T, AttentionLayout? layout, ModelConfig config, RotaryTables rotary, Device device, ScalarType dtype)
    {
        var kinds = Kinds(config);
        if (layout is not null)
        {
            if (layout.Rows != rows || layout.Length != T)
                throw new ArgumentException($"The attention layout is for {layout.Rows} rows of {layout.Length} positions, the ids are {rows} rows of {T}.", nameof(layout));
            var packed = new ForwardPass(null) { Positions = Learned(config, layout.PositionCount) ? layout.Positions : null };
            if (kinds.Full) packed._full = layout.Bias(dtype, sliding: false);
            if (kinds.Sliding) packed._sliding = layout.Bias(dtype, sliding: true);
            if (!config.LearnedPositions) packed.SetRotary(kinds, config, rotary, t => Unsqueezed(t.Rows(layout.Positions, layout.PositionCount), 2));
            return packed;
        }
        var pass = new ForwardPass(null) { Positions = Learned(config, T) ? arange(T, dtype: ScalarType.Int64, device: device) : null };
        if (kinds.Full) pass._full = AttentionBias.Causal(T, null, config, device, dtype);
        if (kinds.Sliding) pass._sliding = AttentionBias.Causal(T, config.SlidingWindow, config, device, dtype);
        if (!config.LearnedPositions) pass.SetRotary(kinds, config, rotary, t => Unsqueezed(t.Rows(0, T), 1));
        return pass;
    }

    /// <summary>A pass over T positions that follow those in a cache.</summary>
    public static ForwardPass Of(long T, KeyValueCache cache, ModelConfig config, RotaryTables rotary, ScalarType dtype)
    {
        var firstKey = new long[cache.Rows * T];
        var positions = new long[cache.Rows * T];
        long count = 0;
        for (int b = 0, n = 0; b < cache.Rows; b++)
            for (long i = cache.Length; i < cache.Length + T; i++, n++)
            {
                positions[n] = Math.Max(0, i - cache.Padding[b]);
                firstKey[n] = AttentionBias.FirstKey(i, cache.Padding[b]);
                count = Math.Max(count, positions[n] + 1);
            }
        var device = cache.Device;
        var kinds = Kinds(config);
        var places = tensor(positions, [cache.Rows, T]).to(device);
        var first = tensor(firstKey, [cache.Rows, T]).to(device);
        var pass = new ForwardPass(cache) { Positions = Learned(config, count) ? places : null };
        if (kinds.Full) pass._full = AttentionBias.Of(first, cache.Length, null, config, dtype);
        if (kinds.Sliding) pass._sliding = AttentionBias.Of(first, cache.Length, config.SlidingWindow, config, dtype);
        if (!config.LearnedPositions) pass.SetRotary(kinds, config, rotary, t => Unsqueezed(t.Rows(places, count), 2));
        return pass;
    }

    private void SetRotary((bool Full, bool Sliding) kinds, ModelConfig config, RotaryTables tables, Func<RotaryTable, (Tensor, Tensor)> rows)
    {
        bool alike = tables.Full == tables.Sliding;
        if (kinds.Full || alike) _rotary = rows(tables.Full);
        if (kinds.Sliding) _slidingRotary = alike ? _rotary : rows(tables.Sliding);
    }

    private static (bool Full, bool Sliding) Kinds(ModelConfig config)
    {
        bool full = false, sliding = false;
        for (int i = 0; i < config.NumHiddenLayers; i++)
            if (config.Slides(i)) sliding = true;
            else full = true;
        return (full, sliding);
    }

    private static bool Learned(ModelConfig config, long count) => config.LearnedPositions && (count <= config.MaxPositionEmbeddings ? true
        : throw new ArgumentException($"A sequence has {count} tokens; the model has learned positions for {config.MaxPositionEmbeddings}."));

    private static (Tensor, Tensor) Unsqueezed((Tensor Cos, Tensor Sin) rows, int dim) => (rows.Cos.unsqueeze(dim), rows.Sin.unsqueeze(dim));
}
