using System.Text;

namespace ZephyrML.Teacher.Tests;

/// <summary>Reads the bodies of HTTP/1.1 requests with a Content-Length, one after the other, from one connection.</summary>
internal sealed class RequestReader(Stream stream) : IDisposable
{
    private byte[] _buffer = new byte[16384];
    private int _length;

    /// <summary>The next body; null at the connection's end.</summary>
    public async Task<string?> NextAsync(CancellationToken cancellationToken)
    {
        int end;
        while ((end = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync(cancellationToken))
                return null;
        }
        var head = Encoding.ASCII.GetString(_buffer, 0, end).Split("\r\n");
        var length = int.Parse(head.Single(h => h.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))[15..]);
        while (_length < end + 4 + length)
        {
            if (!await FillAsync(cancellationToken))
                return null;
        }
        var body = Encoding.UTF8.GetString(_buffer, end + 4, length);
        _length -= end + 4 + length;
        Array.Copy(_buffer, end + 4 + length, _buffer, 0, _length);
        return body;
    }

    public void Dispose() => stream.Dispose();

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_length == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _length);
        var read = await stream.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
        _length += read;
        return read > 0;
    }
}
