namespace Microsoft.ML.Data;

/// <summary>Eight values a byte, the first in the lowest bit.</summary>
internal sealed class BoolCodec() : ValueCodec<bool>(BooleanDataViewType.Instance)
{
    public override string Name => nameof(Boolean);

    public override void Write(BinaryWriter writer, IReadOnlyList<bool> values)
    {
        foreach (var eight in values.Chunk(8))
            writer.Write((byte)eight.Select((value, bit) => value ? 1 << bit : 0).Sum());
    }

    public override bool[] Read(BinaryReader reader, int count)
    {
        byte[] bytes = reader.ReadBytes((count + 7) / 8);
        return [.. Enumerable.Range(0, count).Select(i => (bytes[i / 8] >> (i % 8) & 1) != 0)];
    }
}
