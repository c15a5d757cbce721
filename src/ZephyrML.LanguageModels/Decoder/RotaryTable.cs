using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Cosines and sines of the rotary embedding (Su et al. 2021, section 3.2), in Hugging Face's order: the two numbers of a pair stand R/2 apart.
/// Made once for as many positions as were asked for so far, by doubling.
/// </summary>
internal sealed class RotaryTable(RotaryFrequencies frequencies, ScalarType dtype, Device device) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(long Regime, Tensor Cos, Tensor Sin)> _tables = [];   // outgrown ones are kept: another thread may still read them

    /// <summary>Rows start to start + length: two views (length, R). In the sines, the first half has its sign turned, so that rotate_half(x) · sin = roll(x, R/2) · sines.</summary>
    /// <param name="start">The first position.</param>
    /// <param name="length">How many.</param>
    /// <param name="regimeOf">The length by which the frequencies are chosen; null: that of the rows.</param>
    public (Tensor Cos, Tensor Sin) Rows(long start, long length, long? regimeOf = null)
    {
        var (cos, sin) = Covering(start + length, regimeOf ?? start + length);
        return (cos.narrow(0, start, length), sin.narrow(0, start, length));
    }

    /// <summary>One position for each of several rows, each with the frequencies of a row that ends there: twice (B, 1, 1, R).</summary>
    public (Tensor Cos, Tensor Sin) Each(long[] positions)
    {
        if (positions.Length == 1)
        {
            var (c, s) = Rows(positions[0], 1);
            return (c.view(1, 1, 1, -1), s.view(1, 1, 1, -1));
        }
        long longest = positions.Max() + 1, regime = Regime(longest);
        if (positions.All(p => Regime(p + 1) == regime))
        {
            var (c, s) = Covering(longest, longest);
            var index = tensor(positions).to(device);
            return (c.index_select(0, index).view(positions.Length, 1, 1, -1), s.index_select(0, index).view(positions.Length, 1, 1, -1));
        }
        var each = positions.Select(p => Rows(p, 1)).ToList();
        return (cat([.. each.Select(r => r.Cos)], 0).view(positions.Length, 1, 1, -1), cat([.. each.Select(r => r.Sin)], 0).view(positions.Length, 1, 1, -1));
    }

    /// <summary>The rows of given positions, all below <paramref name="count"/>: (B, T) to twice (B, T, R).</summary>
    public (Tensor Cos, Tensor Sin) Rows(Tensor positions, long count)
    {
        var (cos, sin) = Covering(count, count);
        var flat = positions.flatten();
        long[] shape = [.. positions.shape, frequencies.Dim];
        return (cos.index_select(0, flat).view(shape), sin.index_select(0, flat).view(shape));
    }

    /// <summary>Sequences of lengths with equal regimes share a table.</summary>
    public long Regime(long count) => frequencies.Regime(count);

    private (Tensor Cos, Tensor Sin) Covering(long count, long regimeOf)
    {
        long regime = frequencies.Regime(regimeOf);
        if (regime != 0 && frequencies.ManyRegimes) return Build(count, regime);        // the caller's scope frees it
        lock (_lock)
        {
            int at = _tables.FindLastIndex(t => t.Regime == regime);
            if (at < 0 || _tables[at].Cos.shape[0] < count)
            {
                var (cos, sin) = Build(Math.Max(count, at < 0 ? 256 : 2 * _tables[at].Cos.shape[0]), regime);
                at = _tables.Count;
                _tables.Add((regime, cos.DetachFromDisposeScope(), sin.DetachFromDisposeScope()));
            }
            return (_tables[at].Cos, _tables[at].Sin);
        }
    }

    private (Tensor Cos, Tensor Sin) Build(long count, long regime)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        float[] frequency = frequencies.Of(regime);
        float amplitude = frequencies.Amplitude;
        int half = frequency.Length, dim = 2 * half;
        var cos = empty(count, dim, dtype: ScalarType.Float32);
        var sin = empty(count, dim, dtype: ScalarType.Float32);
        var c = MemoryMarshal.Cast<byte, float>(cos.bytes);
        var s = MemoryMarshal.Cast<byte, float>(sin.bytes);
        for (int p = 0; p < count; p++)
            for (int j = 0; j < half; j++)
            {
                var (sine, cosine) = MathF.SinCos(p * frequency[j]);
                c[p * dim + j] = c[p * dim + half + j] = cosine * amplitude;
                s[p * dim + j] = -sine * amplitude;
                s[p * dim + half + j] = sine * amplitude;
            }
        return (cos.to(dtype, device).MoveToOuterDisposeScope(), sin.to(dtype, device).MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        foreach (var (_, cos, sin) in _tables)
        {
            cos.Dispose();
            sin.Dispose();
        }
        _tables.Clear();
    }
}
