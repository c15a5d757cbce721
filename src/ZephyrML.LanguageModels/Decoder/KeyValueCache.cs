using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Keys and values of the positions that were computed already: a slot for each row, filled from the left, whatever the other rows' lengths. A layer that sees a window only keeps
/// the window: position p stands at column p mod W, and since keys are stored rotated, their order in a slot does not matter. Buffers grow by doubling and are only ever as large as the rows need.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private const long LeastCapacity = 64;
    private readonly ModelConfig _config;
    private readonly (Tensor K, Tensor V)[] _layers;      // each (slots, KV, capacity or window, D)
    private long[] _lengths = [];
    private long _capacity;

    /// <param name="config">The model.</param>
    /// <param name="dtype">The type of its activations.</param>
    /// <param name="device">Where it is.</param>
    public KeyValueCache(ModelConfig config, ScalarType dtype, Device device)
    {
        (_config, DataType, Device) = (config, dtype, device);
        _layers = new (Tensor, Tensor)[config.NumHiddenLayers];
    }

    public ScalarType DataType { get; }
    public Device Device { get; }

    /// <summary>For each slot, how many positions it holds.</summary>
    public ReadOnlySpan<long> Lengths => _lengths;

    /// <summary>Numbers of the largest buffer.</summary>
    public long LargestBuffer => _layers.Max(l => l.K.NumberOfElements);

    /// <summary>Bytes of all buffers.</summary>
    public long Bytes => _layers.Where(l => l.K is not null).Sum(l => 2 * l.K.NumberOfElements * l.K.ElementSize);

    /// <summary>A layer's buffers, (slots, KV, capacity, D).</summary>
    public (Tensor K, Tensor V) Buffers(int layer) => _layers[layer];

    /// <summary>How many columns a layer's slots have at most; null: one for each position.</summary>
    public long? Window(int layer) => _config.Slides(layer) ? _config.SlidingWindow : null;

    /// <summary>Makes room for so many slots of so many positions.</summary>
    public void Reserve(int slots, long positions)
    {
        if (slots <= _lengths.Length && positions <= _capacity) return;
        slots = slots <= _lengths.Length ? _lengths.Length : Math.Max(slots, Math.Min(2 * _lengths.Length, slots + 16));
        _capacity = positions <= _capacity ? _capacity : Math.Max(positions, Math.Max(2 * _capacity, LeastCapacity));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long used = _lengths.Length == 0 ? 0 : _lengths.Max();
        for (int i = 0; i < _layers.Length; i++)
        {
            long columns = Math.Min(_capacity, Window(i) ?? long.MaxValue);
            _layers[i] = (Grown(_layers[i].K, columns), Grown(_layers[i].V, columns));
        }
        Array.Resize(ref _lengths, slots);

        Tensor Grown(Tensor? old, long columns)
        {
            if (old is not null && old.shape[0] == slots && old.shape[2] == columns) return old;
            // Zeros: what a row does not have yet is masked, but times 0 only a number is 0.
            var grown = zeros(slots, _config.NumKeyValueHeads, columns, _config.HeadDim, dtype: DataType, device: Device).DetachFromDisposeScope();
            if (old is null) return grown;
            long rows = old.shape[0], kept = Math.Min(used, old.shape[2]);
            if (kept > 0) grown.narrow(0, 0, rows).narrow(2, 0, kept).copy_(old.narrow(2, 0, kept));
            old.Dispose();
            return grown;
        }
    }

    /// <summary>Takes up T new positions of a slot, (KV, T, D) each, behind those it has.</summary>
    public void Append(int layer, int slot, Tensor k, Tensor v)
    {
        var (allK, allV) = _layers[layer];
        long from = _lengths[slot], T = k.shape[1], columns = Window(layer) ?? long.MaxValue;
        long skipped = Math.Max(0, T - columns);                     // what a window has left behind already
        for (long done = skipped; done < T;)
        {
            long column = (from + done) % columns, n = Math.Min(T - done, columns - column);
            allK.select(0, slot).narrow(1, column, n).copy_(k.narrow(1, done, n));
            allV.select(0, slot).narrow(1, column, n).copy_(v.narrow(1, done, n));
            done += n;
        }
    }

    /// <summary>The keys and values that a slot's next position still sees, in the order of their positions: (1, KV, n, D) each.</summary>
    public (Tensor K, Tensor V) Visible(int layer, int slot)
    {
        var (k, v) = _layers[layer];
        long length = _lengths[slot];
        if (Window(layer) is not { } window || length < window) return (k.narrow(0, slot, 1).narrow(2, 0, length), v.narrow(0, slot, 1).narrow(2, 0, length));
        // The window less the new position itself.
        var columns = tensor(Enumerable.Range(0, (int)window - 1).Select(i => (length - window + 1 + i) % window).ToArray(), dtype: ScalarType.Int64).to(Device);
        return (k.narrow(0, slot, 1).index_select(2, columns), v.narrow(0, slot, 1).index_select(2, columns));
    }

    /// <summary>All layers have taken up so many positions of a slot.</summary>
    public void Advance(int slot, long positions) => _lengths[slot] += positions;

    /// <summary>Empties a slot.</summary>
    public void Clear(int slot) => _lengths[slot] = 0;

    /// <summary>Moves a slot's content to another one; its own is empty then.</summary>
    public void Move(int from, int to)
    {
        if (from == to) return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (k, v) in _layers)
        {
            long n = Math.Min(_lengths[from], k.shape[2]);
            if (n == 0) continue;
            k.select(0, to).narrow(1, 0, n).copy_(k.select(0, from).narrow(1, 0, n));
            v.select(0, to).narrow(1, 0, n).copy_(v.select(0, from).narrow(1, 0, n));
        }
        (_lengths[to], _lengths[from]) = (_lengths[from], 0);
    }

    public void Dispose()
    {
        foreach (var (k, v) in _layers)
        {
            k?.Dispose();
            v?.Dispose();
        }
        Array.Clear(_layers);
        (_lengths, _capacity) = ([], 0);
    }
}
