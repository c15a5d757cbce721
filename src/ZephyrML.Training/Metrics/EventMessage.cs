using System.Buffers.Binary;
using System.Text;

namespace ZephyrML.Training;

/// <summary>The few messages of TensorFlow's event.proto and summary.proto that scalars need, as protocol buffers on the wire.</summary>
internal sealed class EventMessage
{
    private readonly MemoryStream bytes = new();

    /// <summary>An Event: wall_time = 1 (double), step = 2 (int64).</summary>
    private EventMessage(double wallTime, long step)
    {
        Fixed64(1, BitConverter.DoubleToUInt64Bits(wallTime));
        if (step != 0)
            Field(2, step);
    }

    private EventMessage()
    {
    }

    /// <summary>The first event of a file: file_version = 3 (string).</summary>
    public static byte[] Version(double wallTime)
    {
        var message = new EventMessage(wallTime, 0);
        message.Field(3, Encoding.ASCII.GetBytes("brain.Event:2"));
        return message.bytes.ToArray();
    }

    /// <summary>Says that a run goes on here: readers forget what older files have of this step and later ones. session_log = 7 (SessionLog: status = 1, START = 1).</summary>
    public static byte[] Restart(double wallTime, long step)
    {
        var log = new EventMessage();
        log.Field(1, 1);
        var message = new EventMessage(wallTime, step);
        message.Field(7, log.bytes.ToArray());
        return message.bytes.ToArray();
    }

    /// <summary>Scalars: summary = 5 (Summary: repeated value = 1 (Value: tag = 1 (string), simple_value = 2 (float))).</summary>
    public static byte[] Scalars(double wallTime, long step, IEnumerable<(string Tag, float Value)> values)
    {
        var summary = new EventMessage();
        foreach (var (tag, value) in values)
        {
            var one = new EventMessage();
            one.Field(1, Encoding.UTF8.GetBytes(tag));
            one.Fixed32(2, BitConverter.SingleToUInt32Bits(value));
            summary.Field(1, one.bytes.ToArray());
        }
        var message = new EventMessage(wallTime, step);
        message.Field(5, summary.bytes.ToArray());
        return message.bytes.ToArray();
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.WriteByte((byte)(value | 0x80));
        bytes.WriteByte((byte)value);
    }

    private void Field(int number, long value)
    {
        Varint((ulong)number << 3);
        Varint((ulong)value);
    }

    private void Field(int number, byte[] content)
    {
        Varint((ulong)number << 3 | 2);
        Varint((ulong)content.Length);
        bytes.Write(content);
    }

    private void Fixed64(int number, ulong value)
    {
        Varint((ulong)number << 3 | 1);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        bytes.Write(eight);
    }

    private void Fixed32(int number, uint value)
    {
        Varint((ulong)number << 3 | 5);
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(four, value);
        bytes.Write(four);
    }
}
