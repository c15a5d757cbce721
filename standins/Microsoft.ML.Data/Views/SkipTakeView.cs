using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

internal sealed class SkipTakeView : IDataView
{
    private readonly IDataView _source;
    private readonly long _skip, _take;

    public SkipTakeView(IHostEnvironment env, IDataView source, long skip, long take)
    {
        env.Register("SkipTakeFilter");
        (_source, _skip, _take) = (source, skip, take);
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _take == 0 ? 0 : _source.GetRowCount() is { } count ? Math.Min(Math.Max(0, count - _skip), _take) : null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var columns = columnsNeeded.ToList();
        return new Cursor(_source.GetRowCursor(columns), RowChecks.Active(Schema, columns), _skip, _take);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor input, bool[] active, long skip, long take) : FilterCursor(input, active)
    {
        private long _toSkip = skip, _toTake = take;

        protected override bool MoveToNext()
        {
            if (_toTake-- <= 0)
                return false;
            for (; _toSkip > 0; _toSkip--)
                if (!Input.MoveNext())
                    return false;
            return Input.MoveNext();
        }
    }
}
