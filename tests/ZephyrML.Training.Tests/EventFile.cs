using System.Text;

namespace ZephyrML.Training.Tests;

/// <summary>Reads TensorBoard's event files by the formats' descriptions, sharing nothing with the writer: bitwise CRC-32C, generic protocol buffers.</summary>
internal sealed class EventFile
{
    public sealed record Event(double WallTime, long Step, string? Version, long? SessionStatus, IReadOnlyDictionary<string, float> Scalars);

    public static List<Event> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var events = new List<Event>();
        for (int at = 0; at < bytes.Length;)
        {
            int length = checked((int)BitConverter.ToUInt64(bytes, at));
            Assert.AreEqual(Masked(bytes.AsSpan(at, 8)), BitConverter.ToUInt32(bytes, at + 8), "checksum of the length");
            Assert.AreEqual(Masked(bytes.AsSpan(at + 12, length)), BitConverter.ToUInt32(bytes, at + 12 + length), "checksum of the message");
            events.Add(Parse(bytes.AsSpan(at + 12, length)));
            at += length + 16;
        }
        return events;
    }

    private static Event Parse(ReadOnlySpan<byte> message)
    {
        var fields = Fields(message);
        var scalars = new Dictionary<string, float>();
        foreach (var (_, summary) in fields.Where(f => f.Number == 5))
            foreach (var (number, value) in Fields(summary))
            {
                Assert.AreEqual(1, number);
                var parts = Fields(value).ToDictionary(f => f.Number, f => f.Content);
                scalars.Add(Encoding.UTF8.GetString(parts[1]), BitConverter.ToSingle(parts[2]));
            }
        var log = fields.Where(f => f.Number == 7).Select(f => f.Content).FirstOrDefault();
        return new(BitConverter.ToDouble(fields.Single(f => f.Number == 1).Content),
            fields.Where(f => f.Number == 2).Select(f => BitConverter.ToInt64(f.Content)).SingleOrDefault(),
            fields.Where(f => f.Number == 3).Select(f => Encoding.ASCII.GetString(f.Content)).SingleOrDefault(),
            log is null ? null : BitConverter.ToInt64(Fields(log).Single(f => f.Number == 1).Content), scalars);
    }

    /// <summary>A message's fields: varints as eight bytes, all others as they are.</summary>
    private static List<(int Number, byte[] Content)> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new List<(int, byte[])>();
        int at = 0;
        while (at < message.Length)
        {
            ulong key = Varint(message, ref at);
            int size = (key & 7) switch { 0 => 0, 1 => 8, 5 => 4, 2 => checked((int)Varint(message, ref at)), var other => throw new AssertFailedException($"wire type {other}") };
            fields.Add(((int)(key >> 3), (key & 7) == 0 ? BitConverter.GetBytes(Varint(message, ref at)) : message.Slice(at, size).ToArray()));
            at += size;
        }
        return fields;
    }

    private static ulong Varint(ReadOnlySpan<byte> message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = message[at++];
            value |= (ulong)(b & 127) << shift;
            if (b < 128)
                return value;
        }
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xffffffff;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
        }
        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }
}
