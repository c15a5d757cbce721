using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Continues many prompts at once, token by token. Rows come and go: where one ends, the next one that waits takes its place, so that the batch stays full. No row sees another. For one thread at a time; what it holds between steps belongs to no dispose scope.
/// </summary>
internal sealed class GenerationEngine(CausalLM network) : IDisposable
{
    private const int PieceTokens = 512, PrefillTokens = 2048;      // read at once; between two tokens of those that decode
    private readonly KeyValueCache _cache = new(network.Config, network.DataType, network.Device);
    private readonly CandidateList _candidates = new();
    private readonly DoraFactors _factors = new();
    private readonly LinkedList<GenerationRow> _waiting = [];
    private readonly List<GenerationRow> _rows = [];      // by slot; those that decode
    private GenerationRow? _reading;                      // in the slot after them: its prompt is read piece by piece

    /// <summary>Whether there is anything to do.</summary>
    public bool Busy => _rows.Count > 0 || _waiting.Count > 0 || _reading is not null;

    /// <summary>How many rows have a slot.</summary>
    public int Active => _rows.Count + (_reading is null ? 0 : 1);

    /// <summary>Bytes of the cache.</summary>
    public long CacheBytes => _cache.Bytes;

    /// <summary>Puts a row behind those that wait.</summary>
    public void Add(GenerationRow row) => _waiting.AddLast(row);

    /// <summary>Makes the next token of each active row, then reads prompts of rows that waited.</summary>
    public void Step()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var factors = _factors.Use();
        Drop();
        if (_rows.Count > 0) Decode();
        Admit();
        if (!Busy) Free();
    }

    /// <summary>Ends all rows with an error.</summary>
    public void Fail(Exception error)
    {
        GenerationRow[] all = [.. _rows, .. _reading is null ? [] : new[] { _reading }, .. _waiting];
        _rows.Clear();
        _waiting.Clear();
        _reading = null;
        Free();
        foreach (var row in all) row.End(error);
    }

    public void Dispose() => Free();

    private void Free()
    {
        _cache.Dispose();
        _factors.Dispose();
    }

    // Rows that nobody waits for any more.
    private void Drop()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Cancellation.IsCancellationRequested)
            {
                _waiting.Remove(node);
                Cancelled(node.Value);
            }
            node = next;
        }
        if (_reading is { Cancellation.IsCancellationRequested: true } reading)
        {
            _cache.Clear(_rows.Count);
            _reading = null;
            Cancelled(reading);
        }
        Leave(_rows.Select(r => r.Cancellation.IsCancellationRequested).ToArray(), Cancelled);
    }

    private static void Cancelled(GenerationRow row) => row.End(new OperationCanceledException(row.Cancellation));

    private void Decode()
    {
        Regress();
        if (_rows.Count == 0) return;
        _cache.Reserve(Active, _rows.Max(r => r.Cached) + 1);
        var ids = tensor(_rows.Select(r => (long)r.Context[^1]).ToArray(), [_rows.Count, 1]).to(network.Device);
        var hidden = network.Decode(ids, _cache);                                                  // (B, 1, C)
        foreach (var row in _rows) row.Cached++;
        Take(hidden.select(1, 0), 0);
    }

    // Rows whose frequencies change with the next position: keys that were rotated by the old ones are of no use, so all is read again.
    private void Regress()
    {
        if (!network.Config.DependsOnLength) return;
        var back = _rows.Select(r => network.RotaryRegime(r.Cached) != network.RotaryRegime(r.Cached + 1)).ToArray();
        Leave(back, row =>
        {
            row.Cached = 0;
            _waiting.AddFirst(row);
        });
    }

    private void Admit()
    {
        for (int tokens = 0; tokens < PrefillTokens; tokens += Read())
        {
            if (_reading is null)
            {
                if (_waiting.First is not { } first || _rows.Count >= first.Value.Options.BatchSize) return;
                _reading = first.Value;
                _waiting.RemoveFirst();
            }
        }
    }

    // Reads a piece of a prompt. Each prompt is read alone: together with others, its numbers would hang on theirs in the last bits.
    private int Read()
    {
        var row = _reading!;
        int slot = _rows.Count, all = row.Context.Length, n = Math.Min(PieceTokens, all - row.Cached);
        _cache.Reserve(slot + 1, row.Cached + n);
        var ids = tensor(row.Context.Slice(row.Cached, n).ToArray().Select(id => (long)id).ToArray(), [1, n]).to(network.Device);
        var hidden = network.Prefill(ids, _cache, slot, regimeOf: all);                          // (1, n, C)
        row.Cached += n;
        if (row.Cached < all) return n;
        _reading = null;
        _rows.Add(row);
        Take(hidden.select(1, n - 1), slot);
        return n;
    }

    // Takes the next token of the rows from a slot on; hidden (B, C).
    private void Take(Tensor hidden, int firstSlot)
    {
        var logits = network.Logits(hidden).to(ScalarType.Float32).cpu().contiguous();           // (B, V)
        var values = MemoryMarshal.Cast<byte, float>(logits.bytes);
        int V = network.Config.VocabSize;
        var done = new bool[_rows.Count];
        for (int b = firstSlot; b < _rows.Count; b++) done[b] = _rows[b].Take(values.Slice((b - firstSlot) * V, V), _candidates);
        Leave(done, row => row.End(null));
    }

    // Rows that are done leave; the last ones move into their slots.
    private void Leave(bool[] done, Action<GenerationRow> then)
    {
        if (!done.Contains(true)) return;
        GenerationRow[] leaving = [.. _rows.Where((_, b) => done[b])];
        int before = _rows.Count, left = before - leaving.Length;
        for (int hole = 0, from = before; hole < left; hole++)
        {
            if (!done[hole]) continue;
            do from--; while (done[from]);
            _cache.Move(from, hole);
            _rows[hole] = _rows[from];
        }
        _rows.RemoveRange(left, leaving.Length);
        if (_reading is not null) _cache.Move(before, left);
        for (int slot = Active; slot < before + (_reading is null ? 0 : 1); slot++) _cache.Clear(slot);
        foreach (var row in leaving) then(row);
    }
}
