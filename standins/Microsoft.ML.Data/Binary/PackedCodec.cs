using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Data;

/// <summary>Values of a fixed size one after another, little-endian.</summary>
internal class PackedCodec<T>(DataViewType type) : ValueCodec<T>(type) where T : unmanaged
{
    public override string Name => typeof(T).Name;

    public override void Write(BinaryWriter writer, IReadOnlyList<T> values)
    {
        foreach (var value in values)
            writer.Write(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in value, 1)));
    }

    public override T[] Read(BinaryReader reader, int count)
    {
        byte[] bytes = reader.ReadBytes(checked(count * Unsafe.SizeOf<T>()));
        Runtime.Contracts.CheckDecode(bytes.Length == count * Unsafe.SizeOf<T>());
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }
}
