namespace Microsoft.ML.Runtime;

internal class Pipe<TMessage>(HostEnvironment host, string name) : IPipe<TMessage>
{
    private bool _disposed;

    public string ContextDescription => host.FullName is { } above ? $"{above}; {name}" : name;

    public void Send(TMessage msg) => host.Send(name, msg);

    public TException Process<TException>(TException ex) where TException : Exception
    {
        if (host.Process(ex) is { } processed)
            processed.Data["Phase"] = name;
        return ex;
    }

    public void Dispose()
    {
        if (!_disposed)
            OnDispose();
        _disposed = true;
    }

    protected virtual void OnDispose() { }
}
