using System.Numerics;
using System.Text;

namespace Microsoft.ML.Data;

/// <summary>Murmur3's 32-bit hash of a column's value: texts by their UTF-8 bytes, small numbers as 4 bytes, others as 8.</summary>
internal static class KeyHash
{
    public static uint Of<T>(T value, uint seed) => value switch
    {
        ReadOnlyMemory<char> text => OfBytes(Encoding.UTF8.GetBytes(text.ToString().Trim(' ')), seed),
        bool b => OfSmall(b ? 1u : 0, seed),
        sbyte n => OfSmall((uint)n, seed),
        byte n => OfSmall(n, seed),
        short n => OfSmall((uint)n, seed),
        ushort n => OfSmall(n, seed),
        int n => OfSmall((uint)n, seed),
        uint n => OfSmall(n, seed),
        long n => OfLarge((ulong)n, seed),
        ulong n => OfLarge(n, seed),
        DateTime time => OfLarge((ulong)time.Ticks, seed),
        DateTimeOffset time => OfLarge((ulong)time.UtcTicks, seed),
        TimeSpan span => OfLarge((ulong)span.Ticks, seed),
        System.Collections.IEnumerable items => OfBytes(Encoding.UTF8.GetBytes(string.Join('\u001f', items.Cast<object>())), seed),
        _ => OfBytes(Encoding.UTF8.GetBytes(value.ToString()), seed),
    };

    private static uint OfSmall(uint value, uint seed) => Finish(Round(seed, value), sizeof(uint));

    private static uint OfLarge(ulong value, uint seed) => Finish(Round(Round(seed, (uint)value), (uint)(value >> 32)), sizeof(ulong));

    private static uint OfBytes(ReadOnlySpan<byte> bytes, uint hash)
    {
        int length = bytes.Length;
        for (; bytes.Length >= 4; bytes = bytes[4..])
            hash = Round(hash, BitConverter.ToUInt32(bytes));
        uint tail = 0;
        for (int i = 0; i < bytes.Length; i++)
            tail |= (uint)bytes[i] << (8 * i);
        return Finish(hash ^ Scramble(tail), length);
    }

    private static uint Scramble(uint chunk) => BitOperations.RotateLeft(chunk * 0xCC9E2D51, 15) * 0x1B873593;

    private static uint Round(uint hash, uint chunk) => BitOperations.RotateLeft(hash ^ Scramble(chunk), 13) * 5 + 0xE6546B64;

    private static uint Finish(uint hash, int length)
    {
        hash ^= (uint)length;
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
        return hash ^ (hash >> 16);
    }
}
