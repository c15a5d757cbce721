using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ZephyrML.LanguageModels;

/// <summary>The arithmetic of bitsandbytes' NF4 and of its eight-bit scales, on numbers in memory.</summary>
internal static class Nf4Codes
{
    /// <summary>Numbers that share an eight-bit scale's own scale.</summary>
    public const int NestedBlock = 256;

    /// <summary>Quantiles of N(0, 1), scaled to [-1, 1], zero among them (QLoRA, appendix E).</summary>
    private static readonly float[] Values =
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    private static readonly float[] Midpoints = [.. Enumerable.Range(0, 15).Select(i => (Values[i] + Values[i + 1]) / 2)];
    private static readonly float[] Dynamic = DynamicMap();
    private static readonly byte[] NearestDynamic = Grid();

    /// <summary>What the sixteen codes mean, times a block's scale.</summary>
    public static ReadOnlySpan<float> Map => Values;

    /// <summary>What the 256 codes of scales mean, times their block's scale.</summary>
    public static ReadOnlySpan<float> NestedMap => Dynamic;

    /// <summary>Numbers of one block to codes, two a byte, the first in the high half; gives the block's scale.</summary>
    /// <param name="x">The block; all but the tensor's last have an even count.</param>
    /// <param name="packed">The bytes.</param>
    /// <param name="whole">Whether it has as many numbers as a block should: a remainder is scaled by division, as bitsandbytes does.</param>
    public static float Quantize(ReadOnlySpan<float> x, Span<byte> packed, bool whole)
    {
        float most = MostOf(x), inverse = 1.0f / MathF.Max(most, 1e-38f);
        if (!whole) most = MathF.Max(most, 1e-38f);
        int i = 0, lanes = Vector<float>.Count;
        if (whole)
        {
            // A code is how many midpoints are below the number.
            Span<int> codes = stackalloc int[lanes];
            for (; i + lanes <= x.Length; i += lanes)
            {
                var scaled = new Vector<float>(x[i..]) * inverse;
                var below = Vector<int>.Zero;
                foreach (float middle in Midpoints) below -= Vector.LessThan(new Vector<float>(middle), scaled);
                below.CopyTo(codes);
                for (int k = 0; k < lanes; k += 2) packed[(i + k) / 2] = (byte)(codes[k] << 4 | codes[k + 1]);
            }
        }
        for (; i < x.Length; i += 2)
            packed[i / 2] = (byte)(Nearest(Scaled(x[i])) << 4 | Nearest(i + 1 < x.Length ? Scaled(x[i + 1]) : 0));
        return most;

        float Scaled(float v) => whole ? v * inverse : v / most;
    }

    private static float MostOf(ReadOnlySpan<float> x)
    {
        int i = 0, lanes = Vector<float>.Count;
        var mosts = Vector<float>.Zero;
        for (; i + lanes <= x.Length; i += lanes) mosts = Vector.Max(mosts, Vector.Abs(new Vector<float>(x[i..])));
        float most = 0;
        for (int k = 0; k < lanes; k++) most = MathF.Max(most, mosts[k]);
        for (; i < x.Length; i++) most = MathF.Max(most, MathF.Abs(x[i]));
        return most;
    }

    /// <summary>Codes of one block to numbers.</summary>
    public static void Dequantize(ReadOnlySpan<byte> packed, float scale, Span<float> y)
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            var table = Vector512.Create<float>(Values);
            var scales = Vector512.Create(scale);
            ref byte from = ref MemoryMarshal.GetReference(packed);
            ref float to = ref MemoryMarshal.GetReference(y);
            for (; i + 32 <= y.Length; i += 32)
            {
                var pairs = Vector128.LoadUnsafe(ref from, (nuint)(i / 2));
                Vector128<byte> high = pairs >>> 4, low = pairs & Vector128.Create((byte)15);
                (Avx512F.PermuteVar16x32(table, Avx512F.ConvertToVector512Int32(Sse2.UnpackLow(high, low))) * scales).StoreUnsafe(ref to, (nuint)i);
                (Avx512F.PermuteVar16x32(table, Avx512F.ConvertToVector512Int32(Sse2.UnpackHigh(high, low))) * scales).StoreUnsafe(ref to, (nuint)i + 16);
            }
        }
        for (; i < y.Length; i++)
        {
            int pair = packed[i / 2];
            y[i] = Values[i % 2 == 0 ? pair >> 4 : pair & 15] * scale;
        }
    }

    /// <summary>Scales, less their mean, to eight-bit codes; gives the scale of each <see cref="NestedBlock"/> of them.</summary>
    public static float[] QuantizeScales(ReadOnlySpan<float> scales, float offset, Span<byte> codes)
    {
        var nested = new float[(scales.Length + NestedBlock - 1) / NestedBlock];
        for (int block = 0; block < nested.Length; block++)
        {
            int start = block * NestedBlock, end = Math.Min(start + NestedBlock, scales.Length);
            float most = 0;
            for (int i = start; i < end; i++) most = MathF.Max(most, MathF.Abs(scales[i] - offset));
            nested[block] = most;
            float inverse = 1.0f / most;
            // bitsandbytes' CPU kernel rounds to the nearest of 65,536 points first.
            for (int i = start; i < end; i++)
                codes[i] = most == 0 ? (byte)0 : NearestDynamic[(ushort)((Math.Clamp((scales[i] - offset) * inverse, -1, 1) + 1.0f) * 0.5f * 65535 + 0.5f)];
        }
        return nested;
    }

    private static int Nearest(float scaled)
    {
        int low = 0, high = Midpoints.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Midpoints[middle] < scaled) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>A signed float of seven exponent bits at most, whose fraction has the bits that the exponent leaves (Dettmers 2015).</summary>
    private static float[] DynamicMap()
    {
        var all = new List<float> { 0, 1 };
        for (int bits = 0; bits < 7; bits++)
        {
            int count = (1 << bits) + 1;
            float start = 0.1f, step = (1 - start) / (count - 1), power = (float)Math.Pow(10, bits - 6);
            float Bound(int i) => i < count / 2 ? MathF.FusedMultiplyAdd(step, i, start) : MathF.FusedMultiplyAdd(-step, count - 1 - i, 1);
            for (int i = 0; i + 1 < count; i++)
            {
                float value = power * ((Bound(i) + Bound(i + 1)) / 2);
                all.AddRange([value, -value]);
            }
        }
        return [.. all.Order()];
    }

    private static byte[] Grid()
    {
        var nearest = new byte[65536];
        int code = 0;
        for (int i = 0; i < nearest.Length; i++)
        {
            float value = -1.0f + 2.0f * i / 65535;
            while (code < 255 && 0.5f * (Dynamic[code] + Dynamic[code + 1]) < value) code++;
            nearest[i] = (byte)code;
        }
        return nearest;
    }
}
