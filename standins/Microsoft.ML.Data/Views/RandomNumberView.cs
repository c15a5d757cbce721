using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A view with a column of random numbers in [0, 1) added, the same in every pass; so it never shuffles.</summary>
internal sealed class RandomNumberView(IDataView source, string name, uint seed) : IDataView
{
    private readonly AddedColumns _columns = new(source.Schema, [new DataViewSchema.DetachedColumn(name, NumberDataViewType.Single)]);

    public bool CanShuffle => false;

    public DataViewSchema Schema => _columns.Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = RowChecks.Active(Schema, columnsNeeded);
        var needed = Schema.Where(c => active[c.Index] && IsInput(c, out _)).Select(c =>
        {
            IsInput(c, out int index);
            return source.Schema[index];
        }).ToList();
        return new Cursor(source.GetRowCursor(needed), this, active, new TauswortheRandom(seed));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private bool IsInput(DataViewSchema.Column column, out int index) => _columns.IsInput(column.Index, out index);

    private sealed class Cursor(DataViewRowCursor input, RandomNumberView view, bool[] active, TauswortheRandom random) : ForwardingCursor(input)
    {
        private long _drawn = -1;
        private float _value;

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.Check(IsColumnActive(column));
            if (view.IsInput(column, out int index))
                return Input.GetGetter<TValue>(Input.Schema[index]);
            return RowChecks.Cast<TValue>((ValueGetter<float>)((ref float dst) =>
            {
                Contracts.Check(Input.Position >= 0, RowChecks.NoValuesNow);
                for (; _drawn < Input.Position; _drawn++)
                    _value = random.NextSingle();
                dst = _value;
            }), column);
        }
    }
}
