using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// x Wᵀ for few rows of x, as in generation: it takes as long as reading W once, where a matrix product made for many rows copies W into blocks first. Each number is summed up in one
/// order whatever the number of rows, so a row's results are the same to the last bit alone and among others.
/// </summary>
internal static class FewRows
{
    /// <summary>From so many rows on, the library's matrix product is as fast.</summary>
    public const int Most = 32;

    private const int PieceFloats = 1 << 15;

    [ThreadStatic]
    private static int off;

    /// <summary>Whether this thread may use these kernels and those of <see cref="FewNorms"/>: their sums differ in the last bits from those of passes with gradients.</summary>
    public static bool Allowed => off == 0 && !is_grad_enabled();

    /// <summary>Until the result is disposed, on this thread, nothing does.</summary>
    public static IDisposable Without()
    {
        off++;
        return new Again();
    }

    /// <summary>Whether this machine and these tensors are such as it is made for.</summary>
    /// <param name="x">(..., in)</param>
    /// <param name="weight">(out, in)</param>
    public static bool Can(Tensor x, Tensor weight) => Vector512.IsHardwareAccelerated && Allowed
        && x.dtype == ScalarType.Float32 && weight.dtype == ScalarType.Float32 && x.device_type == TorchSharp.DeviceType.CPU
        && x.NumberOfElements <= Most * weight.shape[1] && weight.NumberOfElements < int.MaxValue / sizeof(float) && weight.is_contiguous();

    /// <summary>(..., in) and (out, in) to (M, out), M rows.</summary>
    public static Tensor Multiply(Tensor x, Tensor weight)
    {
        int n = (int)weight.shape[1], rows = (int)weight.shape[0], M = (int)(x.NumberOfElements / n);
        x = x.contiguous();
        var y = empty(M, rows, dtype: ScalarType.Float32);
        if (M == 0 || rows == 0) return y;
        int height = Math.Max(8, PieceFloats / n / 8 * 8);
        CpuTeam.Shared.Run((rows + height - 1) / height, piece => Piece(Floats(x), Floats(weight), Floats(y), piece * height, Math.Min(rows, (piece + 1) * height), n, rows, M));
        return y;
    }

    private static Span<float> Floats(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);

    // Rows from to (exclusive) of W with all rows of x.
    private static void Piece(ReadOnlySpan<float> xs, ReadOnlySpan<float> ws, Span<float> ys, int from, int to, int n, int rows, int M)
    {
        ref float x = ref MemoryMarshal.GetReference(xs), w = ref MemoryMarshal.GetReference(ws), y = ref MemoryMarshal.GetReference(ys);
        int r = from;
        for (; r + 4 <= to; r += 4)
        {
            ref float wr = ref Unsafe.Add(ref w, (nint)r * n);
            int m = 0;
            for (; m + 4 <= M; m += 4) Tile4x4(ref wr, ref Unsafe.Add(ref x, (nint)m * n), ref Unsafe.Add(ref y, (nint)m * rows + r), n, rows);
            for (; m < M; m++) Tile4x1(ref wr, ref Unsafe.Add(ref x, (nint)m * n), ref Unsafe.Add(ref y, (nint)m * rows + r), n);
        }
        for (; r < to; r++)
            for (int m = 0; m < M; m++) Unsafe.Add(ref y, (nint)m * rows + r) = Dot(ref Unsafe.Add(ref w, (nint)r * n), ref Unsafe.Add(ref x, (nint)m * n), n);
    }

    private static void Tile4x1(ref float w, ref float x, ref float y, int n)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        nuint k = 0, N = (nuint)n, stop = N - N % 16;
        for (; k < stop; k += 16)
        {
            var v = Vector512.LoadUnsafe(ref x, k);
            a = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref w, k), v, a);
            b = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref w, N + k), v, b);
            c = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref w, 2 * N + k), v, c);
            d = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref w, 3 * N + k), v, d);
        }
        y = Rest(a, ref w, ref x, k, N);
        Unsafe.Add(ref y, 1) = Rest(b, ref Unsafe.Add(ref w, N), ref x, k, N);
        Unsafe.Add(ref y, 2) = Rest(c, ref Unsafe.Add(ref w, 2 * N), ref x, k, N);
        Unsafe.Add(ref y, 3) = Rest(d, ref Unsafe.Add(ref w, 3 * N), ref x, k, N);
    }

    private static void Tile4x4(ref float w, ref float x, ref float y, int n, int rows)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        nuint k = 0, N = (nuint)n, stop = N - N % 16;
        for (; k < stop; k += 16)
        {
            Vector512<float> w0 = Vector512.LoadUnsafe(ref w, k), w1 = Vector512.LoadUnsafe(ref w, N + k), w2 = Vector512.LoadUnsafe(ref w, 2 * N + k), w3 = Vector512.LoadUnsafe(ref w, 3 * N + k);
            var v = Vector512.LoadUnsafe(ref x, k);
            (a0, a1, a2, a3) = (Vector512.FusedMultiplyAdd(w0, v, a0), Vector512.FusedMultiplyAdd(w1, v, a1), Vector512.FusedMultiplyAdd(w2, v, a2), Vector512.FusedMultiplyAdd(w3, v, a3));
            v = Vector512.LoadUnsafe(ref x, N + k);
            (b0, b1, b2, b3) = (Vector512.FusedMultiplyAdd(w0, v, b0), Vector512.FusedMultiplyAdd(w1, v, b1), Vector512.FusedMultiplyAdd(w2, v, b2), Vector512.FusedMultiplyAdd(w3, v, b3));
            v = Vector512.LoadUnsafe(ref x, 2 * N + k);
            (c0, c1, c2, c3) = (Vector512.FusedMultiplyAdd(w0, v, c0), Vector512.FusedMultiplyAdd(w1, v, c1), Vector512.FusedMultiplyAdd(w2, v, c2), Vector512.FusedMultiplyAdd(w3, v, c3));
            v = Vector512.LoadUnsafe(ref x, 3 * N + k);
            (d0, d1, d2, d3) = (Vector512.FusedMultiplyAdd(w0, v, d0), Vector512.FusedMultiplyAdd(w1, v, d1), Vector512.FusedMultiplyAdd(w2, v, d2), Vector512.FusedMultiplyAdd(w3, v, d3));
        }
        Store(a0, a1, a2, a3, ref w, ref x, ref y, k, N);
        Store(b0, b1, b2, b3, ref w, ref Unsafe.Add(ref x, N), ref Unsafe.Add(ref y, rows), k, N);
        Store(c0, c1, c2, c3, ref w, ref Unsafe.Add(ref x, 2 * N), ref Unsafe.Add(ref y, 2 * rows), k, N);
        Store(d0, d1, d2, d3, ref w, ref Unsafe.Add(ref x, 3 * N), ref Unsafe.Add(ref y, 3 * rows), k, N);
    }

    private static void Store(Vector512<float> s0, Vector512<float> s1, Vector512<float> s2, Vector512<float> s3, ref float w, ref float x, ref float y, nuint k, nuint N)
    {
        y = Rest(s0, ref w, ref x, k, N);
        Unsafe.Add(ref y, 1) = Rest(s1, ref Unsafe.Add(ref w, N), ref x, k, N);
        Unsafe.Add(ref y, 2) = Rest(s2, ref Unsafe.Add(ref w, 2 * N), ref x, k, N);
        Unsafe.Add(ref y, 3) = Rest(s3, ref Unsafe.Add(ref w, 3 * N), ref x, k, N);
    }

    private static float Dot(ref float w, ref float x, int n)
    {
        var a = Vector512<float>.Zero;
        nuint k = 0, N = (nuint)n, stop = N - N % 16;
        for (; k < stop; k += 16) a = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref w, k), Vector512.LoadUnsafe(ref x, k), a);
        return Rest(a, ref w, ref x, k, N);
    }

    // The sum of the lanes, and of what is left behind the last whole vector.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Rest(Vector512<float> sum, ref float w, ref float x, nuint k, nuint n)
    {
        float s = Vector512.Sum(sum);
        for (; k < n; k++) s = MathF.FusedMultiplyAdd(Unsafe.Add(ref w, k), Unsafe.Add(ref x, k), s);
        return s;
    }

    private sealed class Again : IDisposable
    {
        private bool done;

        public void Dispose()
        {
            off -= done ? 0 : 1;
            done = true;
        }
    }
}
