using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>A tensor to be written: its name and shape, how it is stored, and who writes its bytes.</summary>
internal sealed record GgufOutput(string Name, IReadOnlyList<long> Shape, GgufTensorType Type, Action<Stream> Write);

/// <summary>Writes GGUF files, version 3: metadata, then what is known of the tensors, then their bytes, one tensor after the other.</summary>
internal static class GgufFileWriter
{
    public const int Alignment = 32;
    public const uint Magic = 0x46554747;

    /// <param name="stream">Where to; seekable.</param>
    /// <param name="metadata">Keys with values of the types uint, int, float, bool and string, and arrays of them.</param>
    /// <param name="tensors">The tensors in the order of their data.</param>
    public static void Write(Stream stream, IReadOnlyList<(string Key, object Value)> metadata, IReadOnlyList<GgufOutput> tensors)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(3);
        writer.Write((long)tensors.Count);
        writer.Write((long)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            Text(writer, key);
            writer.Write(TypeOf(value.GetType()));
            Value(writer, value);
        }
        long offset = 0;
        foreach (var tensor in tensors)
        {
            Text(writer, tensor.Name);
            writer.Write(tensor.Shape.Count);
            foreach (long n in tensor.Shape.Reverse()) writer.Write(n);
            writer.Write((int)tensor.Type);
            writer.Write(offset);
            offset += Aligned(GgufBlocks.Bytes(tensor.Type, tensor.Shape));
        }
        Pad(writer);
        foreach (var tensor in tensors)
        {
            writer.Flush();
            long end = stream.Position + GgufBlocks.Bytes(tensor.Type, tensor.Shape);
            tensor.Write(stream);
            if (stream.Position != end) throw new InvalidOperationException($"'{tensor.Name}' took {stream.Position - end} bytes more than its shape says.");
            Pad(writer);
        }
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        for (long n = Aligned(writer.BaseStream.Position) - writer.BaseStream.Position; n > 0; n--) writer.Write((byte)0);
        writer.Flush();
    }

    private static int TypeOf(Type type) => type == typeof(uint) ? 4 : type == typeof(int) ? 5 : type == typeof(float) ? 6 : type == typeof(bool) ? 7 : type == typeof(string) ? 8 : type.IsArray ? 9
        : throw new ArgumentException($"GGUF has no values of type {type}.");

    private static void Value(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case bool v: writer.Write((byte)(v ? 1 : 0)); break;
            case string v: Text(writer, v); break;
            case Array v:
                writer.Write(TypeOf(v.GetType().GetElementType()!));
                writer.Write((long)v.Length);
                foreach (var item in v) Value(writer, item);
                break;
        }
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }
}
