using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Reads GGUF files, versions 2 and 3: metadata, and tensors of the types in <see cref="GgufTensorType"/>. Nothing in such a file executes.</summary>
public sealed class GgufReader : IDisposable
{
    private const int MaxDimensions = 4, MaxNesting = 4, MaxItems = 1 << 22;
    private readonly Stream _stream;
    private readonly BinaryReader _reader;

    /// <summary>Reads and checks everything but the tensors' data.</summary>
    /// <param name="stream">A seekable stream at the file's beginning; Dispose closes it.</param>
    /// <param name="source">What errors call it.</param>
    /// <exception cref="InvalidDataException">Not GGUF, cut off, malformed, or with tensors of a type that is not supported.</exception>
    public GgufReader(Stream stream, string source)
    {
        (_stream, Source, _reader) = (stream, source, new BinaryReader(stream, Encoding.UTF8));
        if (!stream.CanSeek) throw new ArgumentException("A GGUF file is read from a seekable stream.", nameof(stream));
        try
        {
            if (_reader.ReadUInt32() != 0x46554747) throw Bad("does not begin with 'GGUF'");
            Version = _reader.ReadInt32();
            if (Version is not (2 or 3)) throw Bad($"is of GGUF version {Version}; supported are 2 and 3");
            long tensors = Count(24), pairs = Count(13);
            var metadata = new Dictionary<string, object>();
            for (long i = 0; i < pairs; i++)
            {
                string key = Text();
                if (!metadata.TryAdd(key, Value(_reader.ReadInt32(), 0))) throw Bad($"has the metadata key '{key}' twice");
            }
            Metadata = metadata;
            Tensors = ReadTensorInfos(tensors);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{source}: cut off within its metadata.", e);
        }
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">As the constructor.</exception>
    public static GgufReader Open(string path)
    {
        var stream = MappedStream.Of(File.OpenRead(path));
        try
        {
            return new GgufReader(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>What errors call the file.</summary>
    public string Source { get; }

    /// <summary>The format's version.</summary>
    public int Version { get; }

    /// <summary>Metadata: numbers, booleans, strings and arrays of them.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; }

    /// <summary>The tensors, in the order of their data.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>A number of the metadata, or null where it is missing or no number.</summary>
    public long? Number(string key) => Metadata.GetValueOrDefault(key) switch
    {
        byte v => v, sbyte v => v, ushort v => v, short v => v, uint v => v, int v => v, long v => v, ulong v and <= long.MaxValue => (long)v,
        _ => null,
    };

    /// <summary>Reads a tensor into one of its shape, whatever that one's type and device, some megabytes at a time.</summary>
    /// <param name="info">Which.</param>
    /// <param name="target">The tensor to fill; contiguous.</param>
    /// <exception cref="InvalidDataException">The file is cut off.</exception>
    public void Read(GgufTensor info, Tensor target)
    {
        if (!target.shape.SequenceEqual(info.Shape)) throw new ArgumentException($"'{info.Name}' is ({string.Join(", ", info.Shape)}), the tensor ({string.Join(", ", target.shape)}).", nameof(target));
        _stream.Position = info.Offset;
        try
        {
            if (GgufBlocks.Plain(info.Type) is { } stored) TensorBytes.Read(_stream, target, stored);
            else ReadBlocks(info.Type, target);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{Source}: cut off within '{info.Name}'.", e);
        }
    }

    // Whole blocks at a time, straight into the tensor where it takes numbers as they come.
    private void ReadBlocks(GgufTensorType type, Tensor target)
    {
        const int piece = 1 << 20;       // numbers; a multiple of every block
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flat = target.detach().view(-1);
        bool direct = target.dtype == ScalarType.Float32 && target.device_type == DeviceType.CPU;
        var (elements, bytes) = GgufBlocks.Layout(type)!.Value;
        byte[]? blocks = null;
        for (long start = 0, n = flat.shape[0]; start < n; start += piece)
        {
            using var inner = NewDisposeScope();
            int count = (int)Math.Min(piece, n - start);
            var part = flat.narrow(0, start, count);
            var values = direct ? part : empty(count, dtype: ScalarType.Float32);
            blocks ??= new byte[count / elements * bytes];
            var read = blocks.AsSpan(0, count / elements * bytes);
            _stream.ReadExactly(read);
            GgufBlocks.Dequantize(type, read, MemoryMarshal.Cast<byte, float>(values.bytes));
            if (!direct) part.copy_(values);
        }
    }

    private List<GgufTensor> ReadTensorInfos(long count)
    {
        var read = new List<(string Name, long[] Shape, GgufTensorType Type, long Offset, long Bytes)>();
        for (long i = 0; i < count; i++)
        {
            string name = Text();
            uint dimensions = _reader.ReadUInt32();
            if (dimensions > MaxDimensions) throw Bad($"gives '{name}' {dimensions} dimensions");
            var shape = new long[dimensions];
            for (int d = (int)dimensions - 1; d >= 0; d--) shape[d] = _reader.ReadInt64();     // stored with the row length first
            var type = (GgufTensorType)_reader.ReadInt32();
            var (elements, bytes) = GgufBlocks.Layout(type) ?? throw Bad($"stores '{name}' as type {(int)type}; supported are {string.Join(", ", Enum.GetNames<GgufTensorType>())}");
            long offset = _reader.ReadInt64();
            if (shape.Any(n => n <= 0 || n > int.MaxValue) || offset < 0) throw Bad($"gives '{name}' the shape ({string.Join(", ", shape)}) at {offset}");
            long width = dimensions == 0 ? 1 : shape[^1];
            if (width % elements != 0) throw Bad($"stores '{name}' in blocks of {elements}, which its rows of {width} are no multiple of");
            long size = bytes;
            try
            {
                checked
                {
                    size = shape.Aggregate(1L, (n, d) => n * d) / elements * bytes;
                }
            }
            catch (OverflowException)
            {
                throw Bad($"gives '{name}' the shape ({string.Join(", ", shape)})");
            }
            read.Add((name, shape, type, offset, size));
        }
        long alignment = Number("general.alignment") ?? 32;
        if (alignment is <= 0 or > 1 << 20) throw Bad($"has the alignment {alignment}");
        long data = (_stream.Position + alignment - 1) / alignment * alignment;
        read.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        long end = 0;
        var names = new HashSet<string>();
        foreach (var t in read)
        {
            if (!names.Add(t.Name)) throw Bad($"has '{t.Name}' twice");
            if (t.Offset < end) throw Bad($"has tensors that overlap at '{t.Name}'");
            if (t.Offset > _stream.Length - data || t.Bytes > _stream.Length - data - t.Offset) throw Bad($"ends before the data of '{t.Name}' does; it is cut off");
            end = t.Offset + t.Bytes;
        }
        return [.. read.Select(t => new GgufTensor(t.Name, t.Shape, t.Type, data + t.Offset))];
    }

    private object Value(int type, int depth) => type switch
    {
        0 => _reader.ReadByte(),
        1 => _reader.ReadSByte(),
        2 => _reader.ReadUInt16(),
        3 => _reader.ReadInt16(),
        4 => _reader.ReadUInt32(),
        5 => _reader.ReadInt32(),
        6 => _reader.ReadSingle(),
        7 => _reader.ReadByte() != 0,
        8 => Text(),
        9 when depth < MaxNesting => Items(depth),
        10 => _reader.ReadUInt64(),
        11 => _reader.ReadInt64(),
        12 => _reader.ReadDouble(),
        _ => throw Bad($"has a metadata value of the unknown type {type}"),
    };

    private object[] Items(int depth)
    {
        int type = _reader.ReadInt32();
        int size = type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 8 or 10 or 11 or 12 => 8, _ => 12 };
        long count = Count(size);
        if (count > MaxItems) throw Bad($"has a metadata list of {count} items; at most {MaxItems} are read");
        var items = new object[count];
        for (int i = 0; i < items.Length; i++) items[i] = Value(type, depth + 1);
        return items;
    }

    private string Text() => Encoding.UTF8.GetString(_reader.ReadBytes((int)Count(1)));

    // A count of things that take at least so many bytes each: one that the rest of the file cannot hold is refused before memory is taken.
    private long Count(int atLeast)
    {
        ulong n = _reader.ReadUInt64();
        if (n > (ulong)(_stream.Length - _stream.Position) / (ulong)atLeast || n > int.MaxValue) throw Bad($"counts {n} things where {_stream.Length - _stream.Position} bytes are left");
        return (long)n;
    }

    private InvalidDataException Bad(string what) => new($"{Source}: {what}.");

    /// <summary>Closes the file.</summary>
    public void Dispose() => _reader.Dispose();
}
