using System.Collections.Immutable;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public sealed class DataDebuggerPreview
{
    internal DataDebuggerPreview(IDataView data, int maxRows)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckParam(maxRows >= 0, nameof(maxRows));
        Schema = data.Schema;
        var rows = new List<RowInfo>();
        var columns = Schema.Select(_ => new List<object>()).ToArray();
        using (var cursor = data.GetRowCursor(Schema))
        {
            var readers = Schema.Select(c => (Func<object>)Reflect.Call(this, nameof(Reader), c.Type.RawType, cursor, c)).ToArray();
            while (rows.Count < maxRows && cursor.MoveNext())
            {
                var row = new RowInfo(Schema.Count);
                for (int i = 0; i < readers.Length; i++)
                {
                    row.Values[i] = new(Schema[i].Name, readers[i]());
                    columns[i].Add(readers[i]());           // read again: a vector must not be shared
                }
                rows.Add(row);
            }
        }
        RowView = [.. rows];
        ColumnView = [.. Schema.Select(c => new ColumnInfo(c, [.. columns[c.Index]]))];
    }

    public DataViewSchema Schema { get; }

    public ImmutableArray<ColumnInfo> ColumnView { get; }

    public ImmutableArray<RowInfo> RowView { get; }

    public override string ToString() => $"{Schema.Count} columns, {RowView.Length} rows";

    private Func<object> Reader<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(row.Schema[column.Index]);
        return () =>
        {
            T value = default;
            getter(ref value);
            return value;
        };
    }

    public sealed class RowInfo
    {
        internal RowInfo(int count) => Values = new KeyValuePair<string, object>[count];

        public KeyValuePair<string, object>[] Values { get; }

        public override string ToString() => $"{Values.Length} columns";
    }

    public sealed class ColumnInfo
    {
        internal ColumnInfo(DataViewSchema.Column column, object[] values) => (Column, Values) = (column, values);

        public DataViewSchema.Column Column { get; }

        public object[] Values { get; }

        public override string ToString() => $"{Column.Name}: {Column.Type}";
    }
}
