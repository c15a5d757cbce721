namespace Microsoft.ML.Data;

/// <summary>A cursor over the rows of its input that pass.</summary>
internal abstract class FilterCursor(DataViewRowCursor input, bool[] active) : DataViewRowCursor
{
    private long _position = -1;
    private bool _ended;

    protected DataViewRowCursor Input => input;

    public override long Position => _position;

    public override long Batch => input.Batch;

    public override DataViewSchema Schema => input.Schema;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Runtime.Contracts.Check(IsColumnActive(column));
        return input.GetGetter<TValue>(column);
    }

    public override bool MoveNext()
    {
        if (!_ended && MoveToNext())
        {
            _position++;
            return true;
        }
        Dispose();
        return false;
    }

    protected abstract bool MoveToNext();

    protected override void Dispose(bool disposing)
    {
        if (_ended)
            return;
        _ended = true;
        _position = -1;
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }
}
