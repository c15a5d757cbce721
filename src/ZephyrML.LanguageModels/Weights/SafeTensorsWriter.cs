using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Writes safetensors files.</summary>
public static class SafeTensorsWriter
{
    /// <summary>Writes tensors in their own types, in the order given, without a second copy of them.</summary>
    /// <param name="stream">Where to; need not be seekable.</param>
    /// <param name="tensors">Names and tensors.</param>
    /// <param name="metadata">The header's own key-value pairs; transformers wants format = pt.</param>
    public static void Write(Stream stream, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata) writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            long at = 0;
            foreach (var (name, tensor) in tensors)
            {
                writer.WriteStartObject(name);
                writer.WriteString("dtype", SafeTensorsHeader.NameOf(tensor.dtype));
                writer.WriteStartArray("shape");
                foreach (long n in tensor.shape) writer.WriteNumberValue(n);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(at);
                writer.WriteNumberValue(at += tensor.NumberOfElements * tensor.ElementSize);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        while (json.Length % 8 != 0) json.WriteByte((byte)' ');      // the format aligns the data so
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        stream.Write(length);
        json.WriteTo(stream);
        foreach (var (_, tensor) in tensors) TensorBytes.Write(stream, tensor);
    }

    /// <summary>Writes a file; it appears under its name only when it is whole.</summary>
    /// <inheritdoc cref="Write(Stream, IReadOnlyList{ValueTuple{string, Tensor}}, IReadOnlyDictionary{string, string}?)"/>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Names and tensors.</param>
    /// <param name="metadata">The header's own key-value pairs.</param>
    public static void WriteFile(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        WholeFile.Write(path, stream => Write(stream, tensors, metadata));
}
