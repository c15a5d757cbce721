using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A sequence of user objects as a view: enumerated anew by every cursor, in its own order.</summary>
internal sealed class EnumerableView<TRow>(IHostEnvironment env, IEnumerable<TRow> rows, MemberColumn[] columns) : IDataView where TRow : class
{
    private readonly IHost _host = env.Register("StreamingDataView");

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; } = MemberColumn.SchemaOf(columns);

    public long? GetRowCount() => (rows as ICollection<TRow>)?.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
        => new Cursor(this, RowChecks.Active(Schema, columnsNeeded));

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private IChannel StartChannel()
    {
        _host.Register("Row");
        return _host.Start("Cursor");
    }

    private IEnumerator<TRow> Enumerate() => rows.GetEnumerator();

    private ObjectRow<TRow> NewRow(bool[] active) => new(Schema, columns, i => active[i]);

    private sealed class Cursor(EnumerableView<TRow> view, bool[] active) : DataViewRowCursor
    {
        private readonly IChannel _channel = view.StartChannel();
        private readonly ObjectRow<TRow> _row = view.NewRow(active);
        private readonly IEnumerator<TRow> _rows = view.Enumerate();
        private bool _disposed;

        public override DataViewSchema Schema => view.Schema;

        public override long Position => _row.Position;

        public override long Batch => 0;

        public override bool MoveNext()
        {
            if (_disposed)
                return false;
            if (_rows.MoveNext())
            {
                _row.Set(_rows.Current ?? throw _channel.Except("Encountered null when iterating over data, this is not supported."));
                return true;
            }
            Dispose();
            return false;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => _row.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _row.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (disposing)
            {
                _channel.Dispose();
                _row.End();
            }
            base.Dispose(disposing);
        }
    }
}
