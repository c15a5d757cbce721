namespace Microsoft.ML.Data;

/// <summary>Some columns of a view, in a given order; also the mapper of single rows.</summary>
internal sealed class ColumnChoiceView : IDataView, IRowToRowMapper
{
    private readonly IDataView _source;
    private readonly int[] _inputs;

    public ColumnChoiceView(IDataView source, IEnumerable<int> inputs)
    {
        _source = source;
        _inputs = [.. inputs];
        Schema = SchemaOf(source.Schema, _inputs);
    }

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema { get; }

    public DataViewSchema InputSchema => _source.Schema;

    public DataViewSchema OutputSchema => Schema;

    public static DataViewSchema SchemaOf(DataViewSchema source, IEnumerable<int> inputs)
    {
        var schema = new DataViewSchema.Builder();
        schema.AddColumns(inputs.Select(i => source[i]));
        return schema.ToSchema();
    }

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = RowChecks.Active(Schema, columnsNeeded);
        return new Cursor(_source.GetRowCursor(Dependencies(active), rand), this, active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = RowChecks.Active(Schema, columnsNeeded);
        return Array.ConvertAll(_source.GetRowCursorSet(Dependencies(active), n, rand), input => (DataViewRowCursor)new Cursor(input, this, active));
    }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => Dependencies(RowChecks.Active(Schema, dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => new Row(input, this);

    private List<DataViewSchema.Column> Dependencies(bool[] active)
    {
        var needed = _inputs.Where((_, i) => active[i]).ToHashSet();
        return [.. _source.Schema.Where(c => needed.Contains(c.Index))];
    }

    private sealed class Cursor(DataViewRowCursor input, ColumnChoiceView view, bool[] active) : ForwardingCursor(input)
    {
        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
            => Input.GetGetter<TValue>(Input.Schema[view._inputs[column.Index]]);
    }

    private sealed class Row(DataViewRow input, ColumnChoiceView view) : ForwardingRow(input)
    {
        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
            => Input.GetGetter<TValue>(Input.Schema[view._inputs[column.Index]]);
    }
}
