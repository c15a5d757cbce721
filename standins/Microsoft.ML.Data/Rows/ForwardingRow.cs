namespace Microsoft.ML.Data;

internal abstract class ForwardingRow(DataViewRow input) : DataViewRow
{
    private bool _disposed;

    protected DataViewRow Input => input;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

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
