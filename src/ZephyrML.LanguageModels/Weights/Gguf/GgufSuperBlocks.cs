using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ZephyrML.LanguageModels;

/// <summary>GGUF's blocks of 256 numbers, whose parts have small whole scales of their own.</summary>
internal static class GgufSuperBlocks
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    // 16 scales (low half) and minima (high half), 64 bytes of codes, scale, minimum.
    [MethodImpl(Hot)]
    public static void Q2_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 80), min = Half(block, 82);
        for (int part = 0; part < 16; part++)
        {
            var codes = block.Slice(16 + part / 8 * 32 + part % 2 * 16, 16);
            int shift = part % 8 / 2 * 2;
            float scale = d * (block[part] & 15), offset = min * (block[part] >> 4);
            for (int l = 0; l < 16; l++) values[16 * part + l] = scale * ((codes[l] >> shift) & 3) - offset;
        }
    }

    // 32 bytes of high bits, 64 bytes of low bits, 12 bytes of 6-bit scales, scale.
    [MethodImpl(Hot)]
    public static void Q3_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 108);
        var packed = block.Slice(96, 12);
        for (int part = 0; part < 16; part++)
        {
            int low = part < 8 ? packed[part] & 15 : packed[part - 8] >> 4, high = (packed[8 + part % 4] >> (part / 4 * 2)) & 3;
            float scale = d * ((low | high << 4) - 32);
            int shift = part % 8 / 2 * 2, bit = part / 2;
            var highs = block.Slice(part % 2 * 16, 16);
            var codes = block.Slice(32 + part / 8 * 32 + part % 2 * 16, 16);
            for (int l = 0; l < 16; l++) values[16 * part + l] = scale * (((codes[l] >> shift) & 3) - ((highs[l] >> bit & 1) != 0 ? 0 : 4));
        }
    }

    // Scale, minimum, 12 bytes of 6-bit scales and minima, 128 bytes of codes.
    [MethodImpl(Hot)]
    public static void Q4_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 0), min = Half(block, 2);
        for (int part = 0; part < 8; part++)
        {
            var (s, m) = ScaleAndMinimum(block.Slice(4, 12), part);
            float scale = d * s, offset = min * m;
            var codes = block.Slice(16 + part / 2 * 32, 32);
            int shift = part % 2 * 4;
            for (int l = 0; l < 32; l++) values[32 * part + l] = scale * ((codes[l] >> shift) & 15) - offset;
        }
    }

    // As Q4_K, with 32 bytes of fifth bits before the codes.
    [MethodImpl(Hot)]
    public static void Q5_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 0), min = Half(block, 2);
        var highs = block.Slice(16, 32);
        for (int part = 0; part < 8; part++)
        {
            var (s, m) = ScaleAndMinimum(block.Slice(4, 12), part);
            float scale = d * s, offset = min * m;
            var codes = block.Slice(48 + part / 2 * 32, 32);
            int shift = part % 2 * 4;
            for (int l = 0; l < 32; l++) values[32 * part + l] = scale * (((codes[l] >> shift) & 15) + (highs[l] >> part & 1) * 16) - offset;
        }
    }

    // 128 bytes of low halves, 64 bytes of two high bits each, 16 signed scales, scale.
    [MethodImpl(Hot)]
    public static void Q6_K(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 208);
        for (int part = 0; part < 16; part++)
        {
            float scale = d * (sbyte)block[192 + part];
            int half = part / 8, quarter = part % 8 / 2, from = part % 2 * 16;
            var lows = block.Slice(half * 64 + quarter % 2 * 32 + from, 16);
            var highs = block.Slice(128 + half * 32 + from, 16);
            for (int l = 0; l < 16; l++) values[16 * part + l] = scale * ((((lows[l] >> (quarter / 2 * 4)) & 15) | ((highs[l] >> (quarter * 2)) & 3) << 4) - 32);
        }
    }

    // Eight scales and eight minima of six bits in twelve bytes: the first four of each lie whole, the others in halves.
    private static (int Scale, int Minimum) ScaleAndMinimum(ReadOnlySpan<byte> packed, int part) => part < 4
        ? (packed[part] & 63, packed[part + 4] & 63)
        : (packed[part + 4] & 15 | packed[part - 4] >> 6 << 4, packed[part + 4] >> 4 | packed[part] >> 6 << 4);

    private static float Half(ReadOnlySpan<byte> bytes, int at) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[at..]);
}
