using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// Keeps columns in memory, each from when a cursor first asks for it: that cursor's creation starts one pass over the source, in
/// the background and to its end, for the columns asked for and not yet kept. Readers wait for the rows they want.
/// </summary>
internal sealed class CacheView : IDataView
{
    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly Lock _gate = new();
    private readonly (ColumnBuffer Values, CacheFill Fill)[] _columns;
    private CacheFill _lastFill;

    public CacheView(IHostEnvironment env, IDataView input, int[] prefetch)
    {
        _host = env.Register("Cache");
        foreach (var column in (prefetch ?? []).Select(i => input.Schema[i]))
            if (!ColumnBuffer.CanHold(column.Type))
                throw _host.Except($"Asked to prefetch column '{column.Name}' into cache, but it is of unhandled type '{column.Type}'");
        _source = HoldableColumns.Of(input);
        RowCount = _source.GetRowCount();
        _columns = new (ColumnBuffer, CacheFill)[_source.Schema.Count];
        var names = (prefetch ?? []).Select(i => input.Schema[i].Name).ToHashSet();
        if (names.Count > 0)
            Fill([.. _source.Schema.Where(c => names.Contains(c.Name))]);
    }

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    internal long? RowCount { get; set; }

    public long? GetRowCount() => RowCount;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = RowChecks.Active(Schema, columnsNeeded);
        var fills = Fill([.. Schema.Where(c => active[c.Index])]);
        int[] order = null;
        if (rand != null)
        {
            if (RowCount == null)
                _lastFill.WaitForEnd();
            order = [.. Enumerable.Range(0, (int)RowCount.Value)];
            for (int i = 0; i < order.Length; i++)
            {
                int other = i + rand.Next(order.Length - i);
                (order[i], order[other]) = (order[other], order[i]);
            }
        }
        return new Cursor(this, active, fills, order);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private List<CacheFill> Fill(List<DataViewSchema.Column> wanted)
    {
        lock (_gate)
        {
            var missing = wanted.Where(c => _columns[c.Index].Values == null).ToList();
            if (missing.Count > 0 || _lastFill == null)
            {
                var cursor = _source.GetRowCursor(missing);
                var buffers = missing.ConvertAll(c => ColumnBuffer.Create(cursor, c));
                _lastFill = new CacheFill(_host, cursor, buffers);
                for (int i = 0; i < missing.Count; i++)
                    _columns[missing[i].Index] = (buffers[i], _lastFill);
                _lastFill.Start(rows => RowCount ??= rows);
            }
            var fills = wanted.Select(c => _columns[c.Index].Fill).Distinct().ToList();
            return fills.Count > 0 || RowCount != null ? fills : [_lastFill];
        }
    }

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly CacheView _view;
        private readonly bool[] _active;
        private readonly List<CacheFill> _fills;
        private readonly int[] _order;
        private long _position = -1;
        private bool _ended;

        public Cursor(CacheView view, bool[] active, List<CacheFill> fills, int[] order)
            => (_view, _active, _fills, _order) = (view, active, fills, order);

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => _view.Schema;

        private int Slot => _position < 0 ? throw Contracts.Except(RowChecks.NoValuesNow) : _order == null ? (int)_position : _order[_position];

        public override bool MoveNext()
        {
            long next = _position + 1;
            if (!_ended && (_order == null || next < _order.Length) && HasRow(_order == null ? next : _order[next]))
            {
                _position = next;
                return true;
            }
            _ended = true;
            _position = -1;
            return false;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Slot, 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.CheckParam(column.Index < _active.Length && _active[column.Index], nameof(column), "requested column not active");
            return RowChecks.Cast<TValue>(_view._columns[column.Index].Values.Getter(() => Slot), column);
        }

        protected override void Dispose(bool disposing)
        {
            _ended = true;
            _position = -1;
            base.Dispose(disposing);
        }

        private bool HasRow(long row)
        {
            foreach (var fill in _fills)
                if (!fill.WaitFor(row))
                    return false;
            return _view.RowCount is not { } count || row < count;
        }
    }
}
