using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ZephyrML.LanguageModels;

/// <summary>The block formats of GGUF, turned into float32.</summary>
internal static class GgufBlocks
{
    /// <summary>Elements and bytes of a block; null: a type that is not supported.</summary>
    public static (int Elements, int Bytes)? Layout(GgufTensorType type) => type switch
    {
        GgufTensorType.F32 => (1, 4),
        GgufTensorType.F16 or GgufTensorType.BF16 => (1, 2),
        GgufTensorType.Q8_0 => (32, 34),
        GgufTensorType.Q4_0 => (32, 18),
        GgufTensorType.Q4_1 => (32, 20),
        GgufTensorType.Q5_0 => (32, 22),
        GgufTensorType.Q5_1 => (32, 24),
        GgufTensorType.Q2_K => (256, 84),
        GgufTensorType.Q3_K => (256, 110),
        GgufTensorType.Q4_K => (256, 144),
        GgufTensorType.Q5_K => (256, 176),
        GgufTensorType.Q6_K => (256, 210),
        _ => null,
    };

    /// <summary>The type that numbers stored without blocks have; null: blocks.</summary>
    public static TorchSharp.torch.ScalarType? Plain(GgufTensorType type) => type switch
    {
        GgufTensorType.F32 => TorchSharp.torch.ScalarType.Float32,
        GgufTensorType.F16 => TorchSharp.torch.ScalarType.Float16,
        GgufTensorType.BF16 => TorchSharp.torch.ScalarType.BFloat16,
        _ => null,
    };

    /// <summary>How many bytes a tensor takes.</summary>
    public static long Bytes(GgufTensorType type, IReadOnlyList<long> shape)
    {
        var (elements, bytes) = Layout(type)!.Value;
        return shape.Aggregate(1L, (n, d) => n * d) / elements * bytes;
    }

    // Optimised at once: a model is read before the run-time would have found these worth it.
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Whole blocks to numbers.</summary>
    [MethodImpl(Hot)]
    public static void Dequantize(GgufTensorType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        switch (type)
        {
            case GgufTensorType.F32:
                blocks.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case GgufTensorType.F16:
                for (int i = 0; i < values.Length; i++) values[i] = Half(blocks, 2 * i);
                break;
            case GgufTensorType.BF16:
                for (int i = 0; i < values.Length; i++) values[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(blocks[(2 * i)..]) << 16);
                break;
            case GgufTensorType.Q8_0:
                for (; values.Length > 0; values = values[32..], blocks = blocks[34..]) Q8_0(blocks[..34], values[..32]);
                break;
            case GgufTensorType.Q4_1:
                for (; values.Length > 0; values = values[32..], blocks = blocks[20..]) Q4_1(blocks[..20], values[..32]);
                break;
            case GgufTensorType.Q4_0 or GgufTensorType.Q5_0 or GgufTensorType.Q5_1 or GgufTensorType.Q2_K or GgufTensorType.Q3_K or GgufTensorType.Q4_K or GgufTensorType.Q5_K or GgufTensorType.Q6_K:
                var (elements, bytes) = Layout(type)!.Value;
                for (; values.Length > 0; values = values[elements..], blocks = blocks[bytes..]) Block(type, blocks[..bytes], values[..elements]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not supported");
        }
    }

    private static void Block(GgufTensorType type, ReadOnlySpan<byte> block, Span<float> values)
    {
        switch (type)
        {
            case GgufTensorType.Q4_0: Q4_0(block, values); break;
            case GgufTensorType.Q5_0: Q5(block[2..], values, Half(block, 0), centred: true, 0); break;
            case GgufTensorType.Q5_1: Q5(block[4..], values, Half(block, 0), centred: false, Half(block, 2)); break;
            case GgufTensorType.Q2_K: GgufSuperBlocks.Q2_K(block, values); break;
            case GgufTensorType.Q3_K: GgufSuperBlocks.Q3_K(block, values); break;
            case GgufTensorType.Q4_K: GgufSuperBlocks.Q4_K(block, values); break;
            case GgufTensorType.Q5_K: GgufSuperBlocks.Q5_K(block, values); break;
            case GgufTensorType.Q6_K: GgufSuperBlocks.Q6_K(block, values); break;
        }
    }

    [MethodImpl(Hot)]
    private static void Q4_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 0);
        var codes = block[2..];
        for (int i = 0; i < 16; i++)
        {
            values[i] = d * ((codes[i] & 15) - 8);
            values[i + 16] = d * ((codes[i] >> 4) - 8);
        }
    }

    // The fifth bits of all 32 codes, then the low halves as in Q4_1.
    [MethodImpl(Hot)]
    private static void Q5(ReadOnlySpan<byte> codes, Span<float> values, float d, bool centred, float m)
    {
        uint high = BinaryPrimitives.ReadUInt32LittleEndian(codes);
        int centre = centred ? 16 : 0;
        codes = codes[4..];
        for (int i = 0; i < 16; i++)
        {
            values[i] = d * ((codes[i] & 15 | (int)(high >> i & 1) << 4) - centre) + m;
            values[i + 16] = d * ((codes[i] >> 4 | (int)(high >> (i + 16) & 1) << 4) - centre) + m;
        }
    }

    [MethodImpl(Hot)]
    private static void Q8_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 0);
        var (low, high) = Vector256.Widen(Vector256.Create<sbyte>(MemoryMarshal.Cast<byte, sbyte>(block.Slice(2, 32))));
        var ((a, b), (c, e)) = (Vector256.Widen(low), Vector256.Widen(high));
        (Vector256.ConvertToSingle(a) * d).CopyTo(values);
        (Vector256.ConvertToSingle(b) * d).CopyTo(values[8..]);
        (Vector256.ConvertToSingle(c) * d).CopyTo(values[16..]);
        (Vector256.ConvertToSingle(e) * d).CopyTo(values[24..]);
    }

    // The low halves of the sixteen bytes are the first sixteen numbers, the high halves the others.
    [MethodImpl(Hot)]
    private static void Q4_1(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 0), m = Half(block, 2);
        var codes = block[4..];
        for (int i = 0; i < 16; i++)
        {
            values[i] = d * (codes[i] & 15) + m;
            values[i + 16] = d * (codes[i] >> 4) + m;
        }
    }

    private static float Half(ReadOnlySpan<byte> bytes, int at) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[at..]);
}
