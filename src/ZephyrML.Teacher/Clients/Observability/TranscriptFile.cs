using System.Text;

namespace ZephyrML.Teacher;

/// <summary>
/// Appends whole lines to a file that other processes may append to as well: each line is written under an exclusive lock of the file. A line that cannot be written
/// fails the next call, before it is paid, and never the one that it is about.
/// </summary>
internal sealed class TranscriptFile
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, Lock> Locks = [];

    private readonly string _path;
    private readonly Lock _lock;
    private volatile StorageException? _failure;

    public TranscriptFile(string path)
    {
        _path = Path.GetFullPath(path);
        lock (Locks)
        {
            if (!Locks.TryGetValue(_path, out var mine))
                Locks[_path] = mine = new();
            _lock = mine;
        }
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            lock (_lock)
                Open().Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(e);
        }
    }

    /// <summary>Throws what went wrong with the last line.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Check()
    {
        if (_failure is { } failure)
        {
            _failure = null;
            throw failure;
        }
    }

    public void Append(ReadOnlySpan<byte> line)
    {
        try
        {
            lock (_lock)
            {
                using var file = Open();
                var buffer = new byte[line.Length + 2];
                var start = 1;
                if (file.Length > 0)
                {
                    file.Seek(-1, SeekOrigin.End);
                    if (file.ReadByte() != '\n')                                   // a process was killed in the middle of its line
                        buffer[--start] = (byte)'\n';
                }
                line.CopyTo(buffer.AsSpan(1));
                buffer[^1] = (byte)'\n';
                file.Write(buffer, start, buffer.Length - start);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failure = Failed(e);
        }
    }

    private FileStream Open()
    {
        for (var start = Environment.TickCount64; ;)
        {
            try
            {
                return new(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && Environment.TickCount64 - start < Patience.TotalMilliseconds)
            {
                Thread.Sleep(1);
            }
        }
    }

    private StorageException Failed(Exception e) => new($"The transcript '{_path}' cannot be written: {e.Message}", e);
}
