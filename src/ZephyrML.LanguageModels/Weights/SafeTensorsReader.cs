using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Reads a safetensors file front to back, tensor by tensor; the stream need not be seekable. Nothing in such a file executes.</summary>
public sealed class SafeTensorsReader : IWeightFile
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;

    /// <summary>Reads and checks the header.</summary>
    /// <param name="stream">A stream at the file's beginning.</param>
    /// <param name="source">What errors call it.</param>
    /// <param name="leaveOpen">Whether the stream stays open after Dispose.</param>
    /// <exception cref="InvalidDataException">The file is cut off, or its header is malformed.</exception>
    public SafeTensorsReader(Stream stream, string source, bool leaveOpen = false)
    {
        (_stream, _leaveOpen, Source) = (stream, leaveOpen, source);
        (Entries, Metadata) = SafeTensorsHeader.Read(stream, source);
        Weights = [.. Entries.Select(e => new StoredWeight(e.Name, e.Shape))];
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">As the constructor.</exception>
    public static SafeTensorsReader Open(string path)
    {
        var stream = MappedStream.Of(File.OpenRead(path));
        try
        {
            return new SafeTensorsReader(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>What errors call the file.</summary>
    public string Source { get; }

    /// <summary>The tensors, in the order of their data.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>The header's own key-value pairs.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    internal IReadOnlyList<StoredWeight> Weights { get; }
    IReadOnlyList<StoredWeight> IWeightFile.Weights => Weights;

    /// <summary>Reads all data once, in order.</summary>
    /// <param name="target">The tensor to fill, contiguous and of the entry's shape; its type and device may differ. Null: skip.</param>
    /// <exception cref="InvalidDataException">The file is cut off, or a wanted tensor has a type that cannot be read.</exception>
    public void ReadAll(Func<SafeTensorsEntry, Tensor?> target)
    {
        try
        {
            foreach (var entry in Entries)
            {
                if (target(entry) is not { } tensor)
                {
                    Skip(entry.End - entry.Start);
                    continue;
                }
                var type = SafeTensorsHeader.TypeOf(entry.DType) ?? throw SafeTensorsHeader.Bad(Source, $"'{entry.Name}' has the type {entry.DType}, which cannot be read");
                TensorBytes.Read(_stream, tensor, type);
            }
            if (!_stream.CanSeek && _stream.ReadByte() >= 0) throw SafeTensorsHeader.Bad(Source, "it goes on behind the last tensor");
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{Source}: cut off within its tensors.", e);
        }
    }

    void IWeightFile.ReadAll(Func<string, Tensor?> target) => ReadAll(e => target(e.Name));

    /// <summary>All tensors of a file, in the types they are stored in.</summary>
    /// <exception cref="InvalidDataException">The file is malformed.</exception>
    public static Dictionary<string, Tensor> ReadFile(string path)
    {
        using var reader = Open(path);
        var tensors = new Dictionary<string, Tensor>();
        reader.ReadAll(e => tensors[e.Name] = empty(e.Shape.ToArray(), dtype: SafeTensorsHeader.TypeOf(e.DType) ?? ScalarType.Float32));
        return tensors;
    }

    private void Skip(long bytes)
    {
        if (_stream.CanSeek)
        {
            _stream.Seek(bytes, SeekOrigin.Current);
            return;
        }
        var buffer = new byte[Math.Min(bytes, 1 << 16)];
        for (; bytes > 0; bytes -= Math.Min(bytes, buffer.Length)) _stream.ReadExactly(buffer, 0, (int)Math.Min(bytes, buffer.Length));
    }

    /// <summary>Closes the stream.</summary>
    public void Dispose()
    {
        if (!_leaveOpen) _stream.Dispose();
    }
}
