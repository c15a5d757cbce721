namespace Microsoft.ML.Data;

/// <summary>All offsets in minutes, then all local times in ticks.</summary>
internal sealed class DateTimeOffsetCodec() : ValueCodec<DateTimeOffset>(DateTimeOffsetDataViewType.Instance)
{
    public override string Name => nameof(DateTimeOffset);

    public override void Write(BinaryWriter writer, IReadOnlyList<DateTimeOffset> values)
    {
        foreach (var value in values)
            writer.Write((short)value.Offset.TotalMinutes);
        foreach (var value in values)
            writer.Write(value.DateTime.Ticks);
    }

    public override DateTimeOffset[] Read(BinaryReader reader, int count)
    {
        short[] minutes = [.. Enumerable.Range(0, count).Select(_ => reader.ReadInt16())];
        return Array.ConvertAll(minutes, m => new DateTimeOffset(new DateTime(reader.ReadInt64()), TimeSpan.FromMinutes(m)));
    }
}
