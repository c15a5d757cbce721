namespace Microsoft.ML.Data;

internal sealed class SkipTakeView(IDataView source, long skip, long take) : IDataView
{
    public bool CanShuffle => false;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => take == 0 ? 0 : source.GetRowCount() is { } count ? Math.Min(Math.Max(0, count - skip), take) : null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var columns = columnsNeeded.ToList();
        return new Cursor(source.GetRowCursor(columns), RowChecks.Active(Schema, columns), skip, take);
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
