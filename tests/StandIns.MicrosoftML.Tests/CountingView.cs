using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

/// <summary>Passes a view through, and counts cursors, rows and invoked getters; its own rows are a view of public types only.</summary>
internal sealed class CountingView(IDataView source) : IDataView
{
    private int _cursors, _rows, _gets;

    public int Cursors => Volatile.Read(ref _cursors);

    public int Rows => Volatile.Read(ref _rows);

    public int Gets => Volatile.Read(ref _gets);

    public List<string> Requests { get; } = [];

    public bool ThrowOnGet { get; set; }

    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var columns = columnsNeeded.ToList();
        Interlocked.Increment(ref _cursors);
        lock (Requests)
            Requests.Add(string.Join(",", columns.Select(c => c.Name).Order()));
        return new Cursor(this, source.GetRowCursor(columns, rand));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(CountingView view, DataViewRowCursor input) : DataViewRowCursor
    {
        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => input.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => input.IsColumnActive(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool MoveNext()
        {
            bool moved = input.MoveNext();
            if (moved)
                Interlocked.Increment(ref view._rows);
            return moved;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            var getter = input.GetGetter<TValue>(column);
            return (ref TValue value) =>
            {
                Interlocked.Increment(ref view._gets);
                if (view.ThrowOnGet)
                    throw new InvalidDataException("bad row");
                getter(ref value);
            };
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                input.Dispose();
            base.Dispose(disposing);
        }
    }
}
