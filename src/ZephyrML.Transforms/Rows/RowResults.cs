using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Rows;

/// <summary>
/// The results that the open cursors of one view share, so that a row is computed once although two cursors pass it: a later stage's look-ahead runs on a cursor of
/// its own. Empty again when the last cursor closes, so that a new pass computes anew. Bounded.
/// </summary>
internal sealed class RowResults<TIn, TOut>(Stage<TIn, TOut> stage)
    where TOut : class
{
    // A later stage's look-ahead stands as far before its cursor as ours before it.
    private readonly int _capacity = Math.Max(1024, 4 * stage.MaxRows);

    private readonly Lock _lock = new();
    private readonly Dictionary<DataViewRowId, (TIn Input, Task<TOut> Result)> _rows = [];
    private readonly Queue<DataViewRowId> _order = [];
    private CancellationTokenSource? _cancellation;
    private IDisposable? _pass;
    private int _open;

    /// <summary>A cursor begins to compute.</summary>
    public void Enter(long? count)
    {
        lock (_lock)
        {
            if (_open++ > 0)
                return;
            _cancellation = CancellationTokenSource.CreateLinkedTokenSource(stage.CancellationToken);
            _pass = stage.BeginPass(count);
        }
    }

    /// <summary>A cursor closes; with the last one, what is under way ends and the results go.</summary>
    public void Leave()
    {
        CancellationTokenSource? cancellation;
        IDisposable? pass;
        lock (_lock)
        {
            if (--_open > 0)
                return;
            cancellation = _cancellation;
            (pass, _pass) = (_pass, null);
            _cancellation = null;
            _rows.Clear();
            _order.Clear();
        }
        cancellation?.Cancel();
        cancellation?.Dispose();
        pass?.Dispose();
    }

    /// <summary>The row's result where it is there or under way.</summary>
    public Task<TOut>? Find(DataViewRowId id, TIn input)
    {
        lock (_lock)
            return _rows.TryGetValue(id, out var row) && stage.Same(row.Input, input) ? row.Result : null;
    }

    /// <summary>Starts the rows that nobody has started yet, together.</summary>
    public void Start(IReadOnlyList<(DataViewRowId Id, TIn Input)> rows)
    {
        lock (_lock)
        {
            var missing = rows.Where(r => !_rows.TryGetValue(r.Id, out var row) || !stage.Same(row.Input, r.Input)).ToList();
            if (missing.Count == 0)
                return;
            var token = _cancellation?.Token ?? throw new ObjectDisposedException("cursor");
            var tasks = stage.Start([.. missing.Select(r => new StageRow<TIn>(Number(r.Id), r.Input))], token);
            for (var i = 0; i < missing.Count; i++)
            {
                if (!_rows.ContainsKey(missing[i].Id))
                    _order.Enqueue(missing[i].Id);
                _rows[missing[i].Id] = (missing[i].Input, tasks[i]);
            }
            while (_order.Count > _capacity)
                _rows.Remove(_order.Dequeue());
        }
    }

    /// <summary>A row's number from its id: for ordinary data, its place in the data.</summary>
    public static long Number(DataViewRowId id) => (long)(id.Low ^ (id.High * 0x9E3779B97F4A7C15));
}
