using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>What all layers of one forward pass share.</summary>
/// <param name="Cos">Rotary cosines, (T, 1, D) or (B, T, 1, D).</param>
/// <param name="Sin">Rotary sines, likewise.</param>
/// <param name="Bias">Added to the attention scores, see <see cref="AttentionBias"/>; null: plain causal.</param>
/// <param name="Cache">Keys and values of the positions before this pass, or null.</param>
internal sealed record ForwardPass(Tensor Cos, Tensor Sin, Tensor? Bias, KeyValueCache? Cache)
{
    /// <summary>A pass over whole rows of T positions. Its tensors belong to the caller's dispose scope.</summary>
    public static ForwardPass Of(long rows, long T, AttentionLayout? layout, ModelConfig config, RotaryTable rotary, Device device, ScalarType dtype)
    {
        if (layout is not null)
        {
            if (layout.Rows != rows || layout.Length != T)
                throw new ArgumentException($"The attention layout is for {layout.Rows} rows of {layout.Length} positions, the ids are {rows} rows of {T}.", nameof(layout));
            var (cos, sin) = rotary.Rows(layout.Positions, layout.PositionCount);
            return new ForwardPass(cos.unsqueeze(2), sin.unsqueeze(2), layout.Bias(dtype), null);
        }
        var plain = rotary.Rows(0, T);
        return new ForwardPass(plain.Cos.unsqueeze(1), plain.Sin.unsqueeze(1), AttentionBias.Causal(T, config, device, dtype), null);
    }

    /// <summary>A pass over T positions that follow those in a cache.</summary>
    public static ForwardPass Of(long T, KeyValueCache cache, ModelConfig config, RotaryTable rotary, ScalarType dtype)
    {
        var firstKey = new long[cache.Rows * T];
        var positions = new long[cache.Rows * T];
        for (int b = 0, n = 0; b < cache.Rows; b++)
            for (long i = cache.Length; i < cache.Length + T; i++, n++)
            {
                positions[n] = Math.Max(0, i - cache.Padding[b]);
                firstKey[n] = AttentionBias.FirstKey(i, cache.Padding[b], config.SlidingWindow);
            }
        var device = cache.Device;
        var (cos, sin) = rotary.Rows(tensor(positions, [cache.Rows, T]).to(device), cache.Length + T);
        var bias = AttentionBias.Of(tensor(firstKey, [cache.Rows, T]).to(device), cache.Length, config, dtype);
        return new ForwardPass(cos.unsqueeze(2), sin.unsqueeze(2), bias, cache);
    }
}
