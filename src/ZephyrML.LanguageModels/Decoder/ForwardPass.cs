using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>What all layers of one forward pass share. Its tensors belong to the caller's dispose scope.</summary>
internal sealed class ForwardPass
{
    private Tensor? _full, _sliding;                                // added to the attention scores, see AttentionBias; null: plain causal
    private (Tensor Cos, Tensor Sin) _rotary, _slidingRotary;       // (T, 1, R) or (B, T, 1, R)

    private ForwardPass(CacheStep? step) => Step = step;

    /// <summary>What is done with a cache, or null.</summary>
    public CacheStep? Step { get; }

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

    /// <summary>A pass over T positions of one row that follow <paramref name="start"/> others in a cache.</summary>
    /// <param name="start">How many positions the row has in the cache.</param>
    /// <param name="T">How many more.</param>
    /// <param name="step">What is stored and seen.</param>
    /// <param name="regimeOf">The length by which rotary frequencies are chosen.</param>
    /// <param name="config">The model.</param>
    /// <param name="rotary">Its tables.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="dtype">The type of its activations.</param>
    public static ForwardPass Of(long start, long T, PrefillStep step, long regimeOf, ModelConfig config, RotaryTables rotary, Device device, ScalarType dtype)
    {
        var kinds = Kinds(config);
        var pass = new ForwardPass(step) { Positions = Learned(config, start + T) ? arange(start, start + T, dtype: ScalarType.Int64, device: device) : null };
        if (kinds.Full) pass._full = Bias(start, null);
        if (kinds.Sliding) pass._sliding = Bias(Math.Min(start, config.SlidingWindow!.Value - 1), config.SlidingWindow);
        if (!config.LearnedPositions) pass.SetRotary(kinds, config, rotary, t => Unsqueezed(t.Rows(start, T, regimeOf), 1));
        return pass;

        Tensor? Bias(long seen, int? window) => seen == 0 ? AttentionBias.Causal(T, window, config, device, dtype) : AttentionBias.Of(zeros(1, T, dtype: ScalarType.Int64, device: device), seen, window, config, dtype);
    }

    /// <summary>A pass over one position of each row, the one after those in the cache.</summary>
    public static ForwardPass Of(ReadOnlySpan<long> positions, DecodeStep step, ModelConfig config, RotaryTables rotary, Device device)
    {
        long[] places = positions.ToArray();
        var pass = new ForwardPass(step) { Positions = Learned(config, places.Max() + 1) ? tensor(places, [places.Length, 1]).to(device) : null };
        if (!config.LearnedPositions) pass.SetRotary(Kinds(config), config, rotary, t => t.Each(places));
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
