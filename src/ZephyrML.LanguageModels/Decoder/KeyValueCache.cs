using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Keys and values of the positions that were computed already, in buffers made once for the longest row.</summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly (Tensor K, Tensor V)[] _layers;      // each (B, KV, capacity, D)

    /// <param name="padding">For each row, how many positions on its left are padding.</param>
    /// <param name="capacity">How many positions a row can have, padding included.</param>
    /// <param name="config">The model.</param>
    /// <param name="dtype">The type of its activations.</param>
    /// <param name="device">Where it is.</param>
    public KeyValueCache(long[] padding, long capacity, ModelConfig config, ScalarType dtype, Device device)
    {
        (Padding, Device) = (padding, device);
        _layers = new (Tensor, Tensor)[config.NumHiddenLayers];
        for (int i = 0; i < _layers.Length; i++) _layers[i] = (Buffer(), Buffer());
        Tensor Buffer() => empty(padding.Length, config.NumKeyValueHeads, capacity, config.HeadDim, dtype: dtype, device: device).DetachFromDisposeScope();
    }

    public Device Device { get; }
    public long[] Padding { get; private set; }
    public int Rows => Padding.Length;

    /// <summary>How many positions it holds; moved on by <see cref="Advance"/> when all layers have appended theirs.</summary>
    public long Length { get; private set; }

    /// <summary>Takes up keys and values (B, KV, T, D) behind those it has, and gives views of all (B, KV, S, D).</summary>
    public (Tensor K, Tensor V) Append(int layer, Tensor k, Tensor v)
    {
        var (allK, allV) = _layers[layer];
        long T = k.shape[2];
        allK.narrow(2, Length, T).copy_(k);
        allV.narrow(2, Length, T).copy_(v);
        return (allK.narrow(2, 0, Length + T), allV.narrow(2, 0, Length + T));
    }

    public void Advance(long positions) => Length += positions;

    /// <summary>Keeps these rows only, in this order.</summary>
    public void Keep(IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        var index = tensor(rows.Select(r => (long)r).ToArray()).to(Device);
        for (int i = 0; i < _layers.Length; i++)
        {
            var (k, v) = _layers[i];
            _layers[i] = (k.index_select(0, index).DetachFromDisposeScope(), v.index_select(0, index).DetachFromDisposeScope());
            k.Dispose();
            v.Dispose();
        }
        Padding = [.. rows.Select(r => Padding[r])];
    }

    public void Dispose()
    {
        foreach (var (k, v) in _layers)
        {
            k.Dispose();
            v.Dispose();
        }
    }
}
