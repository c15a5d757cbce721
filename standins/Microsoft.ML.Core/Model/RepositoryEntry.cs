namespace Microsoft.ML;

/// <summary>One open entry of a model zip.</summary>
internal sealed class RepositoryEntry(string path, Stream stream, Action<RepositoryEntry> closed) : IDisposable
{
    private Action<RepositoryEntry> _closed = closed;

    public string Path => path;

    public Stream Stream => stream;

    public void Dispose()
    {
        _closed?.Invoke(this);
        _closed = null;
    }
}
