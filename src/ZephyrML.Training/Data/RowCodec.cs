using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZephyrML.Training;

/// <summary>Rows as little-endian 32-bit integers: a count before each list, masks as one byte a token.</summary>
internal abstract class RowCodec<TRow>
{
    public abstract int Kind { get; }
    public abstract void Write(TRow row, RowWriter to);
    public abstract TRow Read(ref RowReader from);
}

internal sealed class SftRowCodec : RowCodec<SftRow>
{
    public override int Kind => 1;

    public override void Write(SftRow row, RowWriter to)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.Ids.Length != row.Supervised.Length)
            throw new ArgumentException($"An SftRow has {row.Ids.Length} ids but {row.Supervised.Length} marks of supervision; expected one mark for each id.");
        to.Write(row.Ids);
        to.Write(MemoryMarshal.AsBytes(row.Supervised.AsSpan()));
    }

    public override SftRow Read(ref RowReader from)
    {
        var ids = from.Ids();
        return new SftRow(ids, Array.ConvertAll(from.Bytes(ids.Length).ToArray(), b => b != 0));
    }
}

internal sealed class PreferenceRowCodec : RowCodec<PreferenceRow>
{
    public override int Kind => 2;

    public override void Write(PreferenceRow row, RowWriter to)
    {
        ArgumentNullException.ThrowIfNull(row);
        to.Write(row.Prompt);
        to.Write(row.Chosen);
        to.Write(row.Rejected);
    }

    public override PreferenceRow Read(ref RowReader from) => new(from.Ids(), from.Ids(), from.Ids());
}

/// <summary>Bytes of rows that wait to be written.</summary>
internal sealed class RowWriter
{
    private byte[] buffer = new byte[1 << 16];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Write(int[] ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        BinaryPrimitives.WriteInt32LittleEndian(Room(4), ids.Length);
        var to = Room(4 * ids.Length);
        for (int i = 0; i < ids.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(to[(4 * i)..], ids[i]);
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    private Span<byte> Room(int bytes)
    {
        if (Length + bytes > buffer.Length)
            Array.Resize(ref buffer, Math.Max(2 * buffer.Length, Length + bytes));
        Length += bytes;
        return buffer.AsSpan(Length - bytes, bytes);
    }
}

/// <summary>Reads one row's bytes.</summary>
internal ref struct RowReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public int[] Ids()
    {
        var ids = new int[BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))];
        var from = Bytes(4 * ids.Length);
        for (int i = 0; i < ids.Length; i++)
            ids[i] = BinaryPrimitives.ReadInt32LittleEndian(from[(4 * i)..]);
        return ids;
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var bytes = rest[..count];
        rest = rest[count..];
        return bytes;
    }
}
