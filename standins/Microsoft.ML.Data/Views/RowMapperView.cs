using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A view with a row mapper's columns added; over an empty view it serves as the mapper of single rows.</summary>
internal sealed class RowMapperView(IDataView source, IRowMapper mapper) : IDataView, IRowToRowMapper
{
    private readonly AddedColumns _columns = new(source.Schema, mapper.GetOutputColumns());

    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => _columns.Schema;

    public DataViewSchema InputSchema => source.Schema;

    public DataViewSchema OutputSchema => _columns.Schema;

    public static DataViewSchema GetOutputSchema(DataViewSchema input, IRowMapper mapper) => new AddedColumns(input, mapper.GetOutputColumns()).Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = RowChecks.Active(Schema, columnsNeeded);
        return new Cursor(source.GetRowCursor(Dependencies(active), rand), this, active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = RowChecks.Active(Schema, columnsNeeded);
        return Array.ConvertAll(source.GetRowCursorSet(Dependencies(active), n, rand), input => (DataViewRowCursor)new Cursor(input, this, active));
    }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => Dependencies(RowChecks.Active(Schema, dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckValue(activeColumns, nameof(activeColumns));
        Contracts.Check(input.Schema == source.Schema, "Schema of input row must be the same as the schema the mapper is bound to");
        return new Row(input, this, RowChecks.Active(Schema, activeColumns));
    }

    private Func<int, bool> AddedActive(bool[] active) => i => active[_columns.Indices[i]];

    private List<DataViewSchema.Column> Dependencies(bool[] active)
    {
        var needed = new bool[source.Schema.Count];
        for (int i = 0; i < active.Length; i++)
            if (active[i] && _columns.IsInput(i, out int input))
                needed[input] = true;
        var ofMapper = mapper.GetDependencies(AddedActive(active));
        return [.. source.Schema.Where(c => needed[c.Index] || ofMapper(c.Index))];
    }

    private ValueGetter<TValue> Getter<TValue>(DataViewRow input, Delegate[] getters, DataViewSchema.Column column)
        => _columns.IsInput(column.Index, out int index) ? input.GetGetter<TValue>(input.Schema[index])
            : getters[index] as ValueGetter<TValue>
                ?? throw Contracts.Except($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getters[index]?.GetType().GetGenericArguments()[0]}'.");

    private sealed class Cursor : ForwardingCursor
    {
        private readonly RowMapperView _view;
        private readonly bool[] _active;
        private readonly Delegate[] _getters;
        private readonly Action _disposer;

        public Cursor(DataViewRowCursor input, RowMapperView view, bool[] active) : base(input)
        {
            _view = view;
            _active = active;
            _getters = view.MapperOf().CreateGetters(input, view.AddedActive(active), out _disposer);
        }

        public override DataViewSchema Schema => _view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column)
        {
            Contracts.Check(column.Index < _active.Length);
            return _active[column.Index];
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.Check(IsColumnActive(column));
            return _view.Getter<TValue>(Input, _getters, column);
        }

        protected override void OnDispose() => _disposer?.Invoke();
    }

    private IRowMapper MapperOf() => mapper;

    private sealed class Row : ForwardingRow
    {
        private readonly RowMapperView _view;
        private readonly Delegate[] _getters;
        private readonly Action _disposer;

        public Row(DataViewRow input, RowMapperView view, bool[] active) : base(input)
        {
            _view = view;
            _getters = view.MapperOf().CreateGetters(input, view.AddedActive(active), out _disposer);
        }

        public override DataViewSchema Schema => _view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column)
            => _view._columns.IsInput(column.Index, out int index) ? Input.IsColumnActive(Input.Schema[index]) : _getters[index] != null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _view.Getter<TValue>(Input, _getters, column);

        protected override void OnDispose() => _disposer?.Invoke();
    }
}
