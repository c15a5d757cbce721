using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>What stands between the products, for few rows: one pass where tensor operations make many, and each row the same to the last bit whatever is beside it.</summary>
internal static class FewNorms
{
    /// <summary>Whether this machine and this tensor are such as it is made for.</summary>
    /// <param name="x">(..., width)</param>
    /// <param name="width">Numbers a row.</param>
    /// <param name="shares">By how many a row is divided, as heads are.</param>
    public static bool Can(Tensor x, long width, long shares = 1) => Vector512.IsHardwareAccelerated && x.dtype == ScalarType.Float32 && x.device_type == TorchSharp.DeviceType.CPU
        && x.NumberOfElements <= FewRows.Most * shares * width && FewRows.Allowed;

    /// <summary>RMSNorm: w · x / √(mean(x²) + ε) of each row, w one more than stored where it counts from one.</summary>
    public static Tensor Rms(Tensor x, Tensor weight, double epsilon, bool fromOne)
    {
        x = x.contiguous();
        var y = empty_like(x);
        ReadOnlySpan<float> xs = Floats(x), w = Floats(weight);
        var ys = Floats(y);
        int n = w.Length;
        var one = Vector512.Create(fromOne ? 1f : 0f);
        for (int from = 0; from < xs.Length; from += n)
        {
            var row = xs.Slice(from, n);
            var sum = Vector512<float>.Zero;
            for (int i = 0; i < n; i += 16)
            {
                var v = Load(row, i);
                sum += v * v;
            }
            var scale = Vector512.Create((float)(1 / Math.Sqrt(Vector512.Sum(sum) / (double)n + epsilon)));
            var to = ys.Slice(from, n);
            for (int i = 0; i < n; i += 16) Store(Load(row, i) * scale * (Load(w, i) + one), to, i);
        }
        return y;
    }

    /// <summary>SiLU of the gate times the rest: g / (1 + exp(−g)) · u.</summary>
    public static Tensor SiluTimes(Tensor gate, Tensor up)
    {
        (gate, up) = (gate.contiguous(), up.contiguous());
        var y = empty_like(gate);
        ReadOnlySpan<float> g = Floats(gate), u = Floats(up);
        var ys = Floats(y);
        for (int i = 0; i < g.Length; i += 16)
        {
            var x = Load(g, i);
            Store(x / (Vector512<float>.One + Vector512.Exp(-x)) * Load(u, i), ys, i);
        }
        return y;
    }

    /// <summary>Rotates one position of each row, the first R numbers of each head: x · cos + roll(x, R/2) · sin, as <see cref="RotaryTable"/> has them.</summary>
    /// <param name="x">(B, 1, H, D)</param>
    /// <param name="cos">(B, 1, 1, R)</param>
    /// <param name="sin">(B, 1, 1, R)</param>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        (x, cos, sin) = (x.contiguous(), cos.contiguous(), sin.contiguous());
        var y = empty_like(x);
        var shape = x.shape;
        int heads = (int)shape[2], D = (int)shape[3], R = (int)cos.shape[^1], half = R / 2;
        ReadOnlySpan<float> xs = Floats(x), cs = Floats(cos), ss = Floats(sin);
        var ys = Floats(y);
        for (int head = 0; head * D < xs.Length; head++)
        {
            var from = xs.Slice(head * D, D);
            var to = ys.Slice(head * D, D);
            int row = head / heads * R;
            ReadOnlySpan<float> c = cs.Slice(row, R), s = ss.Slice(row, R);
            for (int i = 0; i < half; i++)
            {
                to[i] = from[i] * c[i] + from[i + half] * s[i];
                to[i + half] = from[i + half] * c[i + half] + from[i] * s[i + half];
            }
            from[R..].CopyTo(to[R..]);
        }
        return y;
    }

    /// <summary>exp(x − max) of each number, in place.</summary>
    public static void ExpLess(Span<float> x, float max)
    {
        for (int i = 0; i < x.Length; i += 16) Store(Vector512.Exp(Load(x, i) - Vector512.Create(max)), x, i);
    }

    private static Span<float> Floats(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);

    // The last numbers of a row go through the same arithmetic as all others, with zeros behind them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(ReadOnlySpan<float> x, int i)
    {
        if (i + 16 <= x.Length) return Vector512.Create(x[i..]);
        Span<float> last = stackalloc float[16];
        x[i..].CopyTo(last);
        return Vector512.Create<float>(last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> v, Span<float> y, int i)
    {
        if (i + 16 <= y.Length)
        {
            v.CopyTo(y[i..]);
            return;
        }
        Span<float> last = stackalloc float[16];
        v.CopyTo(last);
        last[..(y.Length - i)].CopyTo(y[i..]);
    }
}
