namespace Microsoft.ML.Data;

/// <summary>A cursor that stands where its input stands.</summary>
internal abstract class ForwardingCursor(DataViewRowCursor input) : DataViewRowCursor
{
    private bool _disposed;

    protected DataViewRowCursor Input => input;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool MoveNext() => input.MoveNext();

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (disposing)
        {
            OnDispose();
            input.Dispose();
        }
        base.Dispose(disposing);
    }

    protected virtual void OnDispose() { }
}
