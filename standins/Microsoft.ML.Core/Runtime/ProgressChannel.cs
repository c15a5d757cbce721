namespace Microsoft.ML.Runtime;

/// <summary>A progress channel. An MLContext has no listener for progress, so what is reported here is only checked.</summary>
internal sealed class ProgressChannel(IExceptionContext ctx) : IProgressChannel
{
    private bool _disposed;

    public void SetHeader(ProgressHeader header, Action<IProgressEntry> fillAction) { }

    public void Checkpoint(params double?[] values)
    {
        if (_disposed)
            throw ctx.Except("Can't report checkpoints after disposing");
    }

    public IProgressChannel StartProgressChannel(string name) => new ProgressChannel(ctx);

    public void Dispose() => _disposed = true;
}
