using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>One more position of each of several rows, those of the first slots.</summary>
internal sealed class DecodeStep : CacheStep
{
    private readonly int _rows;
    private readonly ModelConfig _config;
    private readonly bool _inPlace;
    private readonly Dictionary<long, Places> _byWindow = [];      // by W; 0: all; made here, since all layers use them

    /// <summary>A step of the rows in the first slots. Its tensors belong to the caller's dispose scope.</summary>
    public DecodeStep(KeyValueCache cache, int rows, ModelConfig config) : base(cache)
    {
        (_rows, _config) = (rows, config);
        _inPlace = CachedAttention.Can(cache);
        for (int i = 0; i < config.NumHiddenLayers; i++) _byWindow.TryAdd(cache.Window(i) ?? 0, default!);
        foreach (long window in _byWindow.Keys.ToList()) _byWindow[window] = Make(window);
    }

    /// <summary>Takes up a layer's new keys and values, (B, 1, KV, D), and attends to them and the earlier ones where they lie: (B, H · D). Null where that is not possible.</summary>
    public Tensor? Attend(int layer, Tensor q, Tensor k, Tensor v, double scale, double? softcap)
    {
        if (!_inPlace) return null;
        var places = PlacesOf(layer);
        return CachedAttention.Attend(q, k, v, Cache.Buffers(layer), places.Columns, places.Seen, _config.NumAttentionHeads, scale, softcap);
    }

    public override (Tensor K, Tensor V) Take(int layer, Tensor k, Tensor v)
    {
        var (allK, allV) = Cache.Buffers(layer);
        var places = PlacesOf(layer);
        long seen = places.Seen.Max();
        var index = places.Index!.view(_rows, 1, 1, 1).expand(k.shape);
        return (Put(allK, k), Put(allV, v));

        Tensor Put(Tensor all, Tensor one)
        {
            var mine = all.narrow(0, 0, _rows);
            mine.scatter_(2, index, one);
            return mine.narrow(2, 0, seen);
        }
    }

    /// <summary>What is added to a layer's scores, (rows · KV, 1, S): minus infinity where a row has no column so far right. Null where all rows are alike.</summary>
    public Tensor? Hidden(int layer) => PlacesOf(layer).Hidden;

    public override void Complete()
    {
        for (int b = 0; b < _rows; b++) Cache.Advance(b, 1);
    }

    private Places PlacesOf(int layer) => _byWindow[Cache.Window(layer) ?? 0];

    private Places Make(long window)
    {
        long[] seen = new long[_rows], columns = new long[_rows];
        for (int b = 0; b < _rows; b++)
        {
            long length = Cache.Lengths[b];
            (columns[b], seen[b]) = window == 0 ? (length, length + 1) : (length % window, Math.Min(length + 1, window));
        }
        if (_inPlace) return new Places(columns, seen, null, null);
        long most = seen.Max(), groups = _config.NumKeyValueHeads;
        Tensor? hidden = null;
        if (seen.Min() < most)
        {
            var beyond = arange(most, dtype: ScalarType.Int64, device: Cache.Device).unsqueeze(0).ge(tensor(seen, [_rows, 1]).to(Cache.Device));        // (rows, S)
            hidden = zeros(beyond.shape, dtype: Cache.DataType, device: Cache.Device).masked_fill_(beyond, double.NegativeInfinity).unsqueeze(1).expand(_rows, groups, most).reshape(_rows * groups, 1, most);
        }
        return new Places(columns, seen, tensor(columns).to(Cache.Device), hidden);
    }

    // Columns: where each row's new key goes; Seen: how many it sees, the new one included; both as tensors too where tensors compute.
    private sealed record Places(long[] Columns, long[] Seen, Tensor? Index, Tensor? Hidden);
}
