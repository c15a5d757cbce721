using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The rows whose number, or key as a fraction of its count, lies in a range, or does not.</summary>
internal sealed class RangeFilterView : IDataView
{
    private readonly IDataView _source;
    private readonly DataViewSchema.Column _column;
    private readonly Func<double, bool> _accept;

    public RangeFilterView(IHostEnvironment env, IDataView source, string column, double min, double max, bool complement, bool includeMax)
    {
        env.Register("RangeFilter");
        _source = source;
        _column = source.Schema[column];
        if (!IsValid(_column.Type))
            throw env.ExceptParam("Column", $"Column '{column}' does not have compatible type");
        Contracts.CheckParam(min <= max, "Min", "min must be less than or equal to max");
        // Written so that NaN is on neither side.
        _accept = complement ? value => value < min || (includeMax ? value > max : value >= max)
            : value => value >= min && (includeMax ? value <= max : value < max);
    }

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema => _source.Schema;

    public static bool IsValid(DataViewType type) => type == NumberDataViewType.Single || type == NumberDataViewType.Double || type is KeyDataViewType;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = RowChecks.Active(Schema, columnsNeeded);
        return new Cursor(_source.GetRowCursor([.. Schema.Where(c => active[c.Index] || c.Index == _column.Index)], rand), this, active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : FilterCursor
    {
        private readonly Func<bool> _accepts;

        public Cursor(DataViewRowCursor input, RangeFilterView view, bool[] active) : base(input, active)
            => _accepts = (Func<bool>)Reflect.Call(this, nameof(Test), view._column.Type.RawType, view);

        protected override bool MoveToNext()
        {
            while (Input.MoveNext())
                if (_accepts())
                    return true;
            return false;
        }

        private Func<bool> Test<T>(RangeFilterView view)
        {
            var getter = Input.GetGetter<T>(view._column);
            T value = default;
            return () =>
            {
                getter(ref value);
                if (view._column.Type is not KeyDataViewType key)
                    return view._accept(Convert.ToDouble(value));
                ulong raw = Convert.ToUInt64(value);
                return raw > 0 && raw <= key.Count && view._accept(((uint)raw - 0.5) / key.Count);
            };
        }
    }
}
