using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// What is added to the attention scores: 0 where a query sees a key, minus infinity where not. Every layout here is causal; all but the branched one have one
/// run of visible keys for each query, so that they are told by the first key that the query sees: document starts, padding and windows alike.
/// </summary>
internal static class AttentionBias
{
    /// <summary>The first key that position <paramref name="i"/> of a document starting at <paramref name="start"/> sees, windows aside. What stands before the document (padding) sees itself, so that no score is undefined.</summary>
    public static long FirstKey(long i, long start) => i < start ? i : start;

    /// <summary>The bias of whole rows from position 0, or null where the fused causal attention does without.</summary>
    public static Tensor? Causal(long T, int? window, ModelConfig config, Device device, ScalarType dtype)
    {
        if (device.type != DeviceType.CPU && !(window < T) && config.AttentionSoftcap is null) return null;
        return Of(zeros(1, T, dtype: ScalarType.Int64, device: device), 0, window, config, dtype);
    }

    /// <summary>The bias of T queries that stand behind <paramref name="offset"/> others.</summary>
    /// <param name="firstKey">First visible key, windows aside: (B, T), or (1, T) where all rows are alike.</param>
    /// <param name="offset">How many positions come before the first query.</param>
    /// <param name="window">How many positions back a query sees, itself included; null: all.</param>
    /// <param name="config">The model's heads.</param>
    /// <param name="dtype">Type of the scores.</param>
    /// <returns>With S = offset + T keys: (B·KV or 1, H/KV·T, S) on the CPU, where queries of a group are laid under one another; else (B or 1, 1, T, S).</returns>
    public static Tensor Of(Tensor firstKey, long offset, int? window, ModelConfig config, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long R = firstKey.shape[0], T = firstKey.shape[1], S = offset + T;
        var key = arange(S, dtype: ScalarType.Int64, device: firstKey.device);
        var query = key.narrow(0, offset, T).unsqueeze(1);
        if (window is { } w && w < S) firstKey = firstKey.maximum(key.narrow(0, offset, T) - (w - 1));
        return Hiding(key.gt(query).logical_or(key.lt(firstKey.unsqueeze(2))), config, dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The bias where each query sees two runs of keys: all of its own row's from the first on, but for a gap. Windows go by positions, since those behind a gap go on before it.</summary>
    /// <param name="firstKey">First visible key, (B, T).</param>
    /// <param name="gapStart">Where the gap begins, (B, T).</param>
    /// <param name="gapEnd">Where it ends.</param>
    /// <param name="positions">In the document, (B, T).</param>
    /// <param name="window">How many positions back a query sees, itself included; null: all.</param>
    /// <param name="config">The model's heads.</param>
    /// <param name="dtype">Type of the scores.</param>
    /// <returns>As <see cref="Of"/>.</returns>
    public static Tensor Branched(Tensor firstKey, Tensor gapStart, Tensor gapEnd, Tensor positions, int? window, ModelConfig config, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var key = arange(firstKey.shape[1], dtype: ScalarType.Int64, device: firstKey.device);
        var hidden = key.gt(key.unsqueeze(1)).logical_or(key.lt(firstKey.unsqueeze(2))).logical_or(key.ge(gapStart.unsqueeze(2)).logical_and(key.lt(gapEnd.unsqueeze(2))));
        if (window is { } w) hidden = hidden.logical_or((positions.unsqueeze(2) - positions.unsqueeze(1)).ge(w));
        return Hiding(hidden, config, dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Minus infinity where a key is hidden, in the form that attention wants.</summary>
    private static Tensor Hiding(Tensor hidden, ModelConfig config, ScalarType dtype)                                    // (R, T, S)
    {
        using var scope = NewDisposeScope();
        long R = hidden.shape[0], T = hidden.shape[1], S = hidden.shape[2];
        var bias = zeros(R, T, S, dtype: dtype, device: hidden.device).masked_fill_(hidden, double.NegativeInfinity);
        if (hidden.device_type != DeviceType.CPU) return bias.unsqueeze(1).MoveToOuterDisposeScope();
        long KV = R == 1 ? 1 : config.NumKeyValueHeads, G = config.NumAttentionHeads / config.NumKeyValueHeads;
        return bias.view(R, 1, 1, T, S).expand(R, KV, G, T, S).reshape(R * KV, G * T, S).MoveToOuterDisposeScope();
    }
}
