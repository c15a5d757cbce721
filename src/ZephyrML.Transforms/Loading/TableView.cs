using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Loading;

/// <summary>Data whose rows are arrays of values in the order of the columns, enumerated anew by each cursor. A null is a missing value.</summary>
internal sealed class TableView : IDataView
{
    private readonly IReadOnlyList<TableColumn> _columns;
    private readonly Func<IEnumerable<object?[]>> _rows;
    private readonly Func<long?> _count;

    public TableView(IReadOnlyList<TableColumn> columns, Func<IEnumerable<object?[]>> rows, Func<long?> count)
    {
        _columns = columns;
        _rows = rows;
        _count = count;
        var builder = new DataViewSchema.Builder();
        foreach (var column in columns)
            builder.AddColumn(column.Name, column.Type);
        Schema = builder.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => _count();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(this, _rows().GetEnumerator(), [.. columnsNeeded.Select(c => c.Index)]);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(TableView view, IEnumerator<object?[]> rows, HashSet<int> active) : DataViewRowCursor
    {
        private long _position = -1;
        private bool _ended;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool MoveNext()
        {
            if (_ended || !rows.MoveNext())
            {
                _ended = true;
                _position = -1;
                return false;
            }
            _position++;
            return true;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Math.Max(0, _position), 0);

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!active.Contains(column.Index))
                throw new InvalidOperationException($"Column '{column.Name}' is not active.");
            var index = column.Index;
            Delegate getter = view._columns[index].Kind switch
            {
                TableColumnKind.Text => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = ((string?)rows.Current[index]).AsMemory()),
                TableColumnKind.Float => (ValueGetter<float>)((ref float value) => value = rows.Current[index] is float number ? number : float.NaN),
                TableColumnKind.Texts => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) =>
                    value = Vector((string[]?)rows.Current[index] ?? [], text => text.AsMemory())),
                _ => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => value = Vector((float[]?)rows.Current[index] ?? [], number => number)),
            };
            return getter as ValueGetter<TValue>
                ?? throw new InvalidOperationException($"Column '{column.Name}' is {column.Type}; its getter takes {column.Type.RawType}, not {typeof(TValue)}.");
        }

        private static VBuffer<TTo> Vector<TFrom, TTo>(TFrom[] values, Func<TFrom, TTo> convert) => new(values.Length, [.. values.Select(convert)]);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                rows.Dispose();
            base.Dispose(disposing);
        }
    }
}
