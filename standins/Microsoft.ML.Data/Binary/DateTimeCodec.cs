namespace Microsoft.ML.Data;

/// <summary>Ticks; the kind of a time is not kept.</summary>
internal sealed class DateTimeCodec() : ValueCodec<DateTime>(DateTimeDataViewType.Instance)
{
    public override string Name => nameof(DateTime);

    public override void Write(BinaryWriter writer, IReadOnlyList<DateTime> values)
    {
        foreach (var value in values)
            writer.Write(value.Ticks);
    }

    public override DateTime[] Read(BinaryReader reader, int count)
        => [.. Enumerable.Range(0, count).Select(_ => reader.ReadInt64() is var ticks and not long.MinValue ? new DateTime(ticks) : default)];
}
