namespace Microsoft.ML.Data;

/// <summary>Keys: the numbers that they are; described by their number type and how many there are.</summary>
internal sealed class KeyCodec<T>(KeyDataViewType type) : PackedCodec<T>(type) where T : unmanaged
{
    public override string Name => "Key2";

    protected override void WriteParameters(BinaryWriter writer)
    {
        ValueCodecs.ForOrNull(ColumnTypes.PrimitiveOf(type.RawType)).WriteDescription(writer);
        writer.Write(type.Count);
    }
}
