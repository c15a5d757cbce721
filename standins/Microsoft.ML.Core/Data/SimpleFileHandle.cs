using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A file that is written once and read often.</summary>
public sealed class SimpleFileHandle : IFileHandle
{
    private readonly IExceptionContext _ctx;
    private readonly string _path;
    private readonly bool _autoDelete;
    private readonly Lock _gate = new();
    private readonly List<Stream> _readers = [];
    private Stream _writer;
    private bool _written, _disposed;

    public SimpleFileHandle(IExceptionContext ectx, string path, bool needsWrite, bool autoDelete)
    {
        Contracts.CheckValue(ectx, nameof(ectx));
        Contracts.CheckNonEmpty(path, nameof(path));
        (_ctx, _path, _written, _autoDelete) = (ectx, Path.GetFullPath(path), !needsWrite, autoDelete);
    }

    public bool CanWrite => !_written && !_disposed;

    public bool CanRead => _written && !_disposed;

    public Stream CreateWriteStream()
    {
        lock (_gate)
        {
            CheckNotDisposed();
            if (_written)
                throw _ctx.Except("CreateWriteStream called multiple times on SimpleFileHandle");
            _written = true;
            return _writer = new FileStream(_path, FileMode.Create, FileAccess.Write);
        }
    }

    public Stream OpenReadStream()
    {
        lock (_gate)
        {
            CheckNotDisposed();
            if (!_written)
                throw _ctx.Except("SimpleFileHandle hasn't been written yet");
            if (_writer is { CanWrite: true })
                throw _ctx.Except("Write stream for SimpleFileHandle hasn't been disposed");
            _readers.RemoveAll(r => !r.CanRead);
            var reader = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read);
            _readers.Add(reader);
            return reader;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _writer?.Dispose();
            _readers.ForEach(r => r.Dispose());
            if (_autoDelete)
                File.Delete(_path);
        }
    }

    private void CheckNotDisposed()
    {
        if (_disposed)
            throw _ctx.Except("SimpleFileHandle has already been disposed");
    }
}
