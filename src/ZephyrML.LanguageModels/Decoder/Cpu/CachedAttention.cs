using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Attention of one query a row over what its slot holds, each row over its own length: no mask, no padding, and nothing but the row's own numbers. Keys and values are read where
/// they lie.
/// </summary>
internal static class CachedAttention
{
    /// <summary>Whether a cache is such as it is made for.</summary>
    public static bool Can(KeyValueCache cache) => cache.Device.type == TorchSharp.DeviceType.CPU && cache.DataType == ScalarType.Float32 && Vector.IsHardwareAccelerated && cache.LargestBuffer < int.MaxValue / sizeof(float);

    /// <summary>Stores the new keys and values in their columns, and attends.</summary>
    /// <param name="q">(B, H, D) numbers, in that order</param>
    /// <param name="k">(B, KV, D)</param>
    /// <param name="v">(B, KV, D)</param>
    /// <param name="buffers">(slots, KV, capacity, D) each</param>
    /// <param name="columns">For each row, where its new key and value go.</param>
    /// <param name="seen">For each row, how many columns it sees.</param>
    /// <param name="heads">H</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <param name="softcap">What they are capped at; null: not.</param>
    /// <returns>(B, H · D)</returns>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, (Tensor K, Tensor V) buffers, long[] columns, long[] seen, int heads, double scale, double? softcap)
    {
        int B = columns.Length, KV = (int)buffers.K.shape[1], capacity = (int)buffers.K.shape[2], D = (int)buffers.K.shape[3];
        (q, k, v) = (q.contiguous(), k.contiguous(), v.contiguous());
        var y = empty(B, heads * D, dtype: ScalarType.Float32);
        long work = seen.Sum() * KV * D;
        if (work < 1 << 14)
            for (int i = 0; i < B * KV; i++) Group(i);
        else CpuTeam.Shared.Run(B * KV, Group);
        return y;

        void Group(int i)
        {
            int b = i / KV, each = heads / KV, n = (int)seen[b];
            var keys = Floats(buffers.K).Slice(i * capacity * D, n * D);
            var values = Floats(buffers.V).Slice(i * capacity * D, n * D);
            Floats(k).Slice(i * D, D).CopyTo(keys[((int)columns[b] * D)..]);
            Floats(v).Slice(i * D, D).CopyTo(values[((int)columns[b] * D)..]);
            Span<float> scores = n <= 2048 ? stackalloc float[n] : new float[n];
            for (int h = 0; h < each; h++) One(Floats(q).Slice((i * each + h) * D, D), keys, values, scores, Floats(y).Slice((i * each + h) * D, D), (float)scale, softcap);
        }
    }

    private static Span<float> Floats(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);

    private static void One(ReadOnlySpan<float> q, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, Span<float> scores, Span<float> y, float scale, double? softcap)
    {
        if (Vector512.IsHardwareAccelerated && q.Length % 16 == 0)
        {
            OneWide(q, keys, values, scores, y, scale, softcap);
            return;
        }
        float max = float.NegativeInfinity;
        for (int j = 0; j < scores.Length; j++)
        {
            float s = Dot(q, keys.Slice(j * q.Length, q.Length)) * scale;
            if (softcap is { } cap) s = MathF.Tanh(s / (float)cap) * (float)cap;
            scores[j] = s;
            max = Math.Max(max, s);
        }
        float sum = 0;
        for (int j = 0; j < scores.Length; j++) sum += scores[j] = MathF.Exp(scores[j] - max);
        y.Clear();
        for (int j = 0; j < scores.Length; j++) Add(values.Slice(j * y.Length, y.Length), scores[j] / sum, y);
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = Vector<float>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count) sum = Vector.FusedMultiplyAdd(new Vector<float>(a[i..]), new Vector<float>(b[i..]), sum);
        float s = Vector.Sum(sum);
        for (; i < a.Length; i++) s = MathF.FusedMultiplyAdd(a[i], b[i], s);
        return s;
    }

    private static void Add(ReadOnlySpan<float> v, float weight, Span<float> y)
    {
        var w = new Vector<float>(weight);
        int i = 0;
        for (; i <= v.Length - Vector<float>.Count; i += Vector<float>.Count) Vector.FusedMultiplyAdd(new Vector<float>(v[i..]), w, new Vector<float>(y[i..])).CopyTo(y[i..]);
        for (; i < v.Length; i++) y[i] = MathF.FusedMultiplyAdd(v[i], weight, y[i]);
    }

    // The same by vectors of 512 bits: four keys at once, and sums over values that stay in registers. What is made of a column does not hang on the number of columns.
    private static void OneWide(ReadOnlySpan<float> q, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, Span<float> scores, Span<float> y, float scale, double? softcap)
    {
        ref float qs = ref MemoryMarshal.GetReference(q), ks = ref MemoryMarshal.GetReference(keys), vs = ref MemoryMarshal.GetReference(values);
        nuint D = (nuint)q.Length;
        float max = float.NegativeInfinity;
        for (int j = 0; j < scores.Length; j++)
        {
            nuint at = (nuint)j * D;
            if (j + 4 <= scores.Length)
            {
                Vector512<float> a = default, b = default, c = default, d = default;
                for (nuint i = 0; i < D; i += 16)
                {
                    var x = Vector512.LoadUnsafe(ref qs, i);
                    a = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref ks, at + i), a);
                    b = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref ks, at + D + i), b);
                    c = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref ks, at + 2 * D + i), c);
                    d = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref ks, at + 3 * D + i), d);
                }
                (scores[j], scores[j + 1], scores[j + 2], scores[j + 3]) = (Vector512.Sum(a), Vector512.Sum(b), Vector512.Sum(c), Vector512.Sum(d));
                j += 3;
                continue;
            }
            var sum = Vector512<float>.Zero;
            for (nuint i = 0; i < D; i += 16) sum = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref qs, i), Vector512.LoadUnsafe(ref ks, at + i), sum);
            scores[j] = Vector512.Sum(sum);
        }
        for (int j = 0; j < scores.Length; j++)
        {
            float s = scores[j] * scale;
            if (softcap is { } cap) s = MathF.Tanh(s / (float)cap) * (float)cap;
            scores[j] = s;
            max = Math.Max(max, s);
        }
        FewNorms.ExpLess(scores, max);
        float total = 0;
        foreach (float p in scores) total += p;
        for (nuint i = 0; i < D;)
        {
            if (i + 64 <= D)
            {
                Vector512<float> a = default, b = default, c = default, d = default;
                for (int j = 0; j < scores.Length; j++)
                {
                    var p = Vector512.Create(scores[j]);
                    nuint at = (nuint)j * D + i;
                    a = Vector512.FusedMultiplyAdd(p, Vector512.LoadUnsafe(ref vs, at), a);
                    b = Vector512.FusedMultiplyAdd(p, Vector512.LoadUnsafe(ref vs, at + 16), b);
                    c = Vector512.FusedMultiplyAdd(p, Vector512.LoadUnsafe(ref vs, at + 32), c);
                    d = Vector512.FusedMultiplyAdd(p, Vector512.LoadUnsafe(ref vs, at + 48), d);
                }
                (a / total).CopyTo(y[(int)i..]);
                (b / total).CopyTo(y[((int)i + 16)..]);
                (c / total).CopyTo(y[((int)i + 32)..]);
                (d / total).CopyTo(y[((int)i + 48)..]);
                i += 64;
                continue;
            }
            var sum = Vector512<float>.Zero;
            for (int j = 0; j < scores.Length; j++) sum = Vector512.FusedMultiplyAdd(Vector512.Create(scores[j]), Vector512.LoadUnsafe(ref vs, (nuint)j * D + i), sum);
            (sum / total).CopyTo(y[(int)i..]);
            i += 16;
        }
    }
}
