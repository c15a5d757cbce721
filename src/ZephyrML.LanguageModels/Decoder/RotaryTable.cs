using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Cosines and sines of the rotary embedding (Su et al. 2021, section 3.2), in Hugging Face's order: the two numbers of a pair stand D/2 apart.
/// Made once for as many positions as were asked for so far, by doubling.
/// </summary>
internal sealed class RotaryTable(int headDim, double theta, ScalarType dtype, Device device) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(Tensor Cos, Tensor Sin)> _tables = [];   // outgrown ones are kept: another thread may still read them

    /// <summary>Rows start to start + length: two views (length, D). In the sines, the first half has its sign turned, so that rotate_half(x) · sin = roll(x, D/2) · sines.</summary>
    public (Tensor Cos, Tensor Sin) Rows(long start, long length)
    {
        var (cos, sin) = Covering(start + length);
        return (cos.narrow(0, start, length), sin.narrow(0, start, length));
    }

    /// <summary>The rows of given positions, all below <paramref name="count"/>: (B, T) to twice (B, T, D).</summary>
    public (Tensor Cos, Tensor Sin) Rows(Tensor positions, long count)
    {
        var (cos, sin) = Covering(count);
        var flat = positions.flatten();
        long[] shape = [.. positions.shape, headDim];
        return (cos.index_select(0, flat).view(shape), sin.index_select(0, flat).view(shape));
    }

    private (Tensor Cos, Tensor Sin) Covering(long count)
    {
        lock (_lock)
        {
            if (_tables.Count == 0 || _tables[^1].Cos.shape[0] < count)
                _tables.Add(Build(Math.Max(count, _tables.Count == 0 ? 256 : 2 * _tables[^1].Cos.shape[0])));
            return _tables[^1];
        }
    }

    private (Tensor, Tensor) Build(long count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int half = headDim / 2;
        // In float32 throughout, as transformers computes it.
        var frequency = new float[half];
        for (int j = 0; j < half; j++) frequency[j] = 1f / MathF.Pow((float)theta, 2f * j / headDim);
        var cos = empty(count, headDim, dtype: ScalarType.Float32);
        var sin = empty(count, headDim, dtype: ScalarType.Float32);
        var c = MemoryMarshal.Cast<byte, float>(cos.bytes);
        var s = MemoryMarshal.Cast<byte, float>(sin.bytes);
        for (int p = 0; p < count; p++)
            for (int j = 0; j < half; j++)
            {
                var (sine, cosine) = MathF.SinCos(p * frequency[j]);
                c[p * headDim + j] = c[p * headDim + half + j] = cosine;
                s[p * headDim + j] = -sine;
                s[p * headDim + half + j] = sine;
            }
        return (cos.to(dtype, device).DetachFromDisposeScope(), sin.to(dtype, device).DetachFromDisposeScope());
    }

    public void Dispose()
    {
        foreach (var (cos, sin) in _tables)
        {
            cos.Dispose();
            sin.Dispose();
        }
        _tables.Clear();
    }
}
