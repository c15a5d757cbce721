using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>One more position of each of several rows, those of the first slots.</summary>
internal sealed class DecodeStep : CacheStep
{
    private readonly int _rows;
    private readonly ModelConfig _config;
    private readonly Dictionary<long, (Tensor Columns, Tensor? Hidden)> _byWindow = [];      // by W; 0: all; made here, since all layers use them

    /// <summary>A step of the rows in the first slots. Its tensors belong to the caller's dispose scope.</summary>
    public DecodeStep(KeyValueCache cache, int rows, ModelConfig config) : base(cache)
    {
        (_rows, _config) = (rows, config);
        for (int i = 0; i < config.NumHiddenLayers; i++) _byWindow.TryAdd(cache.Window(i) ?? 0, default);
        foreach (long window in _byWindow.Keys.ToList()) _byWindow[window] = Make(window);
    }

    /// <summary>How many columns each row sees in a layer, the new one included.</summary>
    public long Seen(int layer, int row) => Seen(Cache.Window(layer) ?? 0, Cache.Lengths[row]);

    private static long Seen(long window, long length) => window == 0 ? length + 1 : Math.Min(length + 1, window);

    public override (Tensor K, Tensor V) Take(int layer, Tensor k, Tensor v)
    {
        var (allK, allV) = Cache.Buffers(layer);
        var (columns, _) = Places(layer);
        long seen = Enumerable.Range(0, _rows).Max(b => Seen(layer, b));
        var index = columns.view(_rows, 1, 1, 1).expand(k.shape);
        return (Put(allK, k), Put(allV, v));

        Tensor Put(Tensor all, Tensor one)
        {
            var mine = all.narrow(0, 0, _rows);
            mine.scatter_(2, index, one);
            return mine.narrow(2, 0, seen);
        }
    }

    /// <summary>What is added to a layer's scores, (rows · KV, 1, S): minus infinity where a row has no column so far right. Null where all rows are alike.</summary>
    public Tensor? Hidden(int layer) => Places(layer).Hidden;

    public override void Complete()
    {
        for (int b = 0; b < _rows; b++) Cache.Advance(b, 1);
    }

    private (Tensor Columns, Tensor? Hidden) Places(int layer) => _byWindow[Cache.Window(layer) ?? 0];

    private (Tensor Columns, Tensor? Hidden) Make(long window)
    {
        long[] seen = new long[_rows], columns = new long[_rows];
        for (int b = 0; b < _rows; b++)
        {
            seen[b] = Seen(window, Cache.Lengths[b]);
            columns[b] = window == 0 ? Cache.Lengths[b] : Cache.Lengths[b] % window;
        }
        long most = seen.Max(), groups = _config.NumKeyValueHeads;
        Tensor? hidden = null;
        if (seen.Min() < most)
        {
            var beyond = arange(most, dtype: ScalarType.Int64, device: Cache.Device).unsqueeze(0).ge(tensor(seen, [_rows, 1]).to(Cache.Device));        // (rows, S)
            hidden = zeros(beyond.shape, dtype: Cache.DataType, device: Cache.Device).masked_fill_(beyond, double.NegativeInfinity).unsqueeze(1).expand(_rows, groups, most).reshape(_rows * groups, 1, most);
        }
        return (tensor(columns).to(Cache.Device), hidden);
    }
}
