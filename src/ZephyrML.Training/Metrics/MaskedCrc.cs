using System.Numerics;

namespace ZephyrML.Training;

/// <summary>CRC-32C (RFC 3720, appendix B.4), masked as TFRecord files have it, so that a checksum of data that holds checksums is none of them.</summary>
internal static class MaskedCrc
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc32C(bytes);
        return BitOperations.RotateRight(crc, 15) + 0xa282ead8;
    }

    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
