using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        GgufTensorType.Q4_1 => (32, 20),
        _ => null,
    };

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
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not supported");
        }
    }

    [MethodImpl(Hot)]
    private static void Q8_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Half(block, 0);
        var codes = MemoryMarshal.Cast<byte, sbyte>(block[2..]);
        for (int i = 0; i < 32; i++) values[i] = d * codes[i];
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
