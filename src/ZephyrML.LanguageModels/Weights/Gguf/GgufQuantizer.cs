using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ZephyrML.LanguageModels;

/// <summary>float32 into those block formats of GGUF whose codes follow from the numbers alone, bit for bit as the gguf package rounds.</summary>
internal static class GgufQuantizer
{
    /// <summary>Whether <see cref="Quantize"/> writes this type.</summary>
    public static bool Writes(GgufTensorType type) => type is GgufTensorType.F32 or GgufTensorType.F16 or GgufTensorType.BF16
        or GgufTensorType.Q8_0 or GgufTensorType.Q4_0 or GgufTensorType.Q4_1 or GgufTensorType.Q5_0 or GgufTensorType.Q5_1;

    /// <summary>Numbers to whole blocks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a type that is written.</exception>
    public static void Quantize(GgufTensorType type, ReadOnlySpan<float> values, Span<byte> blocks)
    {
        if (!Writes(type)) throw new ArgumentOutOfRangeException(nameof(type), type, "not written");
        var (elements, bytes) = GgufBlocks.Layout(type)!.Value;
        if (type == GgufTensorType.Q8_0)
        {
            for (; values.Length > 0; values = values[32..], blocks = blocks[34..]) Q8_0(values[..32], blocks[..34]);
            return;
        }
        for (; values.Length > 0; values = values[elements..], blocks = blocks[bytes..])
        {
            var x = values[..elements];
            switch (type)
            {
                case GgufTensorType.F32: BinaryPrimitives.WriteSingleLittleEndian(blocks, x[0]); break;
                case GgufTensorType.F16: BinaryPrimitives.WriteHalfLittleEndian(blocks, (Half)x[0]); break;
                case GgufTensorType.BF16: BinaryPrimitives.WriteUInt16LittleEndian(blocks, BFloat(x[0])); break;
                case GgufTensorType.Q4_0: Centred(x, blocks, 4); break;
                case GgufTensorType.Q5_0: Centred(x, blocks, 5); break;
                case GgufTensorType.Q4_1: FromMinimum(x, blocks, 4); break;
                case GgufTensorType.Q5_1: FromMinimum(x, blocks, 5); break;
            }
        }
    }

    private static ushort BFloat(float x)
    {
        uint bits = BitConverter.SingleToUInt32Bits(x);
        if (float.IsNaN(x)) return (ushort)(bits >> 16 | 64);
        return (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Q8_0(ReadOnlySpan<float> x, Span<byte> block)
    {
        Span<Vector256<float>> parts = [Vector256.Create(x), Vector256.Create(x[8..]), Vector256.Create(x[16..]), Vector256.Create(x[24..])];
        var magnitudes = Vector256.Max(Vector256.Max(Vector256.Abs(parts[0]), Vector256.Abs(parts[1])), Vector256.Max(Vector256.Abs(parts[2]), Vector256.Abs(parts[3])));
        float largest = 0;
        for (int i = 0; i < 8; i++) largest = Math.Max(largest, magnitudes[i]);
        float d = largest / 127, inverse = d == 0 ? 0 : 1 / d;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)d);
        var low = Vector256.Narrow(Rounded(parts[0] * inverse), Rounded(parts[1] * inverse));
        var high = Vector256.Narrow(Rounded(parts[2] * inverse), Rounded(parts[3] * inverse));
        Vector256.Narrow(low, high).AsByte().CopyTo(block[2..]);
    }

    // Halves away from zero, as C's roundf.
    private static Vector256<int> Rounded(Vector256<float> x)
    {
        var magnitude = Vector256.Abs(x);
        var whole = Vector256.Floor(magnitude);
        whole += Vector256.Floor((magnitude - whole) * 2);
        return Vector256.ConvertToInt32(Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), -whole, whole));
    }

    // The number of largest magnitude becomes the lowest code.
    private static void Centred(ReadOnlySpan<float> x, Span<byte> block, int bits)
    {
        float extreme = 0;
        foreach (float v in x)
            if (Math.Abs(v) > Math.Abs(extreme)) extreme = v;
        int half = 1 << (bits - 1);
        float d = extreme / -half, inverse = d == 0 ? 0 : 1 / d;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)d);
        Span<int> codes = stackalloc int[32];
        for (int i = 0; i < 32; i++) codes[i] = Math.Clamp((int)((double)x[i] * inverse + half + 0.5), 0, 2 * half - 1);
        Pack(codes, block[2..], bits);
    }

    private static void FromMinimum(ReadOnlySpan<float> x, Span<byte> block, int bits)
    {
        float min = x[0], max = x[0];
        foreach (float v in x) (min, max) = (Math.Min(min, v), Math.Max(max, v));
        int top = (1 << bits) - 1;
        float d = (max - min) / top, inverse = d == 0 ? 0 : 1 / d;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)d);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], (Half)min);
        Span<int> codes = stackalloc int[32];
        for (int i = 0; i < 32; i++) codes[i] = Math.Clamp((int)((x[i] - min) * inverse + 0.5f), 0, top);
        Pack(codes, block[4..], bits);
    }

    // Fifth bits first, where there are; then the low halves of the first sixteen codes beside those of the others.
    private static void Pack(ReadOnlySpan<int> codes, Span<byte> into, int bits)
    {
        if (bits == 5)
        {
            uint high = 0;
            for (int i = 0; i < 32; i++) high |= (uint)(codes[i] >> 4) << i;
            BinaryPrimitives.WriteUInt32LittleEndian(into, high);
            into = into[4..];
        }
        for (int i = 0; i < 16; i++) into[i] = (byte)(codes[i] & 15 | (codes[i + 16] & 15) << 4);
    }
}
