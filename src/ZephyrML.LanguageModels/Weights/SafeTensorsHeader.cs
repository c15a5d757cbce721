using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>The header of a safetensors file: eight bytes of length, then JSON. Everything is checked before a tensor is made, so a broken file costs no memory.</summary>
internal static class SafeTensorsHeader
{
    public const long MaxLength = 100_000_000;      // the limit of the reference implementation

    /// <summary>Bytes an element takes.</summary>
    private static readonly Dictionary<string, int> Sizes = new()
    {
        ["BOOL"] = 1, ["U8"] = 1, ["I8"] = 1, ["F8_E4M3"] = 1, ["F8_E5M2"] = 1, ["I16"] = 2, ["U16"] = 2, ["F16"] = 2, ["BF16"] = 2,
        ["I32"] = 4, ["U32"] = 4, ["F32"] = 4, ["I64"] = 8, ["U64"] = 8, ["F64"] = 8,
    };

    public static ScalarType? TypeOf(string dtype) => dtype switch
    {
        "F32" => ScalarType.Float32, "F16" => ScalarType.Float16, "BF16" => ScalarType.BFloat16, "F64" => ScalarType.Float64,
        "I64" => ScalarType.Int64, "I32" => ScalarType.Int32, "I16" => ScalarType.Int16, "I8" => ScalarType.Int8, "U8" => ScalarType.Byte, "BOOL" => ScalarType.Bool,
        _ => null,
    };

    public static string NameOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => "F32", ScalarType.Float16 => "F16", ScalarType.BFloat16 => "BF16", ScalarType.Float64 => "F64",
        ScalarType.Int64 => "I64", ScalarType.Int32 => "I32", ScalarType.Int16 => "I16", ScalarType.Int8 => "I8", ScalarType.Byte => "U8", ScalarType.Bool => "BOOL",
        _ => throw new ArgumentException($"Tensors of type {type} cannot be stored as safetensors."),
    };

    /// <summary>Reads the header; the stream then stands at the first byte of data. Entries come in the order of their data.</summary>
    public static (IReadOnlyList<SafeTensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Read(Stream stream, string source)
    {
        long? available = stream.CanSeek ? stream.Length - stream.Position : null;
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8) throw Bad(source, "shorter than the eight bytes of the header's length");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxLength) throw Bad(source, $"the header claims {length} bytes, more than the format's limit of {MaxLength}; this is not a safetensors file");
        if (available is { } all && (long)length > all - 8) throw Bad(source, $"the header claims {length} bytes, the file has {all - 8} left; it is cut off or not a safetensors file");
        var json = ReadExactly(stream, (int)length, source);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement, available - 8 - (long)length, source);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw Bad(source, $"the header is not the JSON it should be ({e.Message})");
        }
    }

    private static (IReadOnlyList<SafeTensorsEntry>, IReadOnlyDictionary<string, string>) Parse(JsonElement root, long? dataLength, string source)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Bad(source, "the header is not a JSON object");
        var entries = new List<SafeTensorsEntry>();
        var metadata = new Dictionary<string, string>();
        var names = new HashSet<string>();
        foreach (var p in root.EnumerateObject())
        {
            if (!names.Add(p.Name)) throw Bad(source, $"'{p.Name}' is there twice");
            if (p.Name == "__metadata__")
                foreach (var m in p.Value.EnumerateObject()) metadata[m.Name] = m.Value.GetString() ?? "";
            else entries.Add(Entry(p, source));
        }
        entries.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.End.CompareTo(b.End));
        long at = 0;
        foreach (var e in entries)
        {
            if (e.Start != at) throw Bad(source, $"the data of '{e.Name}' begins at {e.Start}, where {at} was expected: tensors overlap or leave a gap");
            at = e.End;
        }
        if (dataLength is { } have && have != at) throw Bad(source, $"the tensors take {at} bytes, the file holds {have}; it is {(have < at ? "cut off" : "too long")}");
        return (entries, metadata);
    }

    private static SafeTensorsEntry Entry(JsonProperty p, string source)
    {
        if (p.Value.ValueKind != JsonValueKind.Object) throw Bad(source, $"'{p.Name}' is not an object");
        string dtype = p.Value.TryGetProperty("dtype", out var d) ? d.GetString() ?? "" : throw Bad(source, $"'{p.Name}' has no dtype");
        if (!Sizes.TryGetValue(dtype, out int size)) throw Bad(source, $"'{p.Name}' has the unknown dtype '{dtype}'");
        if (!p.Value.TryGetProperty("shape", out var s) || s.ValueKind != JsonValueKind.Array) throw Bad(source, $"'{p.Name}' has no shape");
        if (!p.Value.TryGetProperty("data_offsets", out var o) || o.ValueKind != JsonValueKind.Array || o.GetArrayLength() != 2) throw Bad(source, $"'{p.Name}' has no data_offsets of two numbers");
        long[] shape = [.. s.EnumerateArray().Select(x => x.GetInt64())];
        long start = o[0].GetInt64(), end = o[1].GetInt64();
        if (shape.Length > 64 || shape.Any(n => n < 0) || start < 0 || end < start) throw Bad(source, $"'{p.Name}' has a negative size or offset");
        long bytes = size;
        foreach (long n in shape) bytes = checked(bytes * Math.Max(1, n));
        if (shape.Contains(0)) bytes = 0;
        if (bytes != end - start) throw Bad(source, $"'{p.Name}' of shape ({string.Join(", ", shape)}) and dtype {dtype} takes {bytes} bytes, its offsets give it {end - start}");
        return new SafeTensorsEntry(p.Name, dtype, shape, start, end);
    }

    // Grows with what is really there, so that a stream that lies about its header's length costs no memory.
    private static ReadOnlyMemory<byte> ReadExactly(Stream stream, int length, string source)
    {
        var buffer = new byte[Math.Min(length, 1 << 20)];
        for (int have = 0; have < length;)
        {
            if (have == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(length, 2L * buffer.Length));
            int n = stream.Read(buffer, have, buffer.Length - have);
            if (n == 0) throw Bad(source, $"the header claims {length} bytes, the file has {have} left; it is cut off or not a safetensors file");
            have += n;
        }
        return buffer;
    }

    public static InvalidDataException Bad(string source, string what) => new($"{source}: {what}.");
}
