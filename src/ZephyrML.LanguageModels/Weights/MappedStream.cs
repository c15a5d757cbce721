using System.IO.MemoryMappedFiles;

namespace ZephyrML.LanguageModels;

/// <summary>A file read through memory mapping: bytes go from the system's cache to where they belong, with no buffer between. A window moves along, so that a large file does not fill the process.</summary>
internal sealed class MappedStream : Stream
{
    private const long Window = 16 << 20;
    private readonly MemoryMappedFile _file;
    private MemoryMappedViewAccessor? _view;
    private UnmanagedMemoryStream? _bytes;
    private long _start, _end, _position;

    private MappedStream(MemoryMappedFile file, long length) => (_file, Length) = (file, length);

    /// <summary>The same bytes, mapped where that is possible: a file that stands at its beginning and is not empty. Else the stream as it is.</summary>
    public static Stream Of(Stream stream)
    {
        if (stream is not FileStream { Position: 0, Length: > 0 } file) return stream;
        long length = file.Length;
        try
        {
            return new MappedStream(MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false), length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return stream;      // pipes, some network drives
        }
    }

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length { get; }
    public override long Position { get => _position; set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value)); }

    public override int Read(Span<byte> buffer)
    {
        int read = 0;
        while (read < buffer.Length && _position < Length)
        {
            if (_position < _start || _position >= _end) Move();
            _bytes!.Position = _position - _start;
            int n = _bytes.Read(buffer.Slice(read, (int)Math.Min(buffer.Length - read, _end - _position)));
            if (n == 0) break;
            read += n;
            _position += n;
        }
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => Length };
    public override void Flush() { }
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Move()
    {
        Release();
        _start = _position / Window * Window;
        _end = Math.Min(Length, _start + Window);
        _view = _file.CreateViewAccessor(_start, _end - _start, MemoryMappedFileAccess.Read);
        _bytes = new UnmanagedMemoryStream(_view.SafeMemoryMappedViewHandle, _view.PointerOffset, _end - _start, FileAccess.Read);
    }

    private void Release()
    {
        _bytes?.Dispose();
        _view?.Dispose();
        (_bytes, _view, _start, _end) = (null, null, 0, 0);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Release();
            _file.Dispose();
        }
        base.Dispose(disposing);
    }
}
