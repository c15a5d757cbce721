using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>AdamW (Loshchilov and Hutter 2019) with clipping by global norm, on flat buffers.</summary>
internal sealed class AdamW : IDisposable
{
    // On the CPU a stretch of the five buffers goes through all operations while it is in the cache.
    private const long CpuTile = 1 << 17, NormStretch = 1 << 12;
    private readonly FlatParameters weights;
    private readonly TrainingOptions options;
    private readonly Tensor m, v;
    private readonly long tile;
    private int steps;

    public AdamW(FlatParameters weights, TrainingOptions options)
    {
        (this.weights, this.options) = (weights, options);
        m = zeros_like(weights.Values).DetachFromDisposeScope();
        v = zeros_like(weights.Values).DetachFromDisposeScope();
        tile = weights.Values.device_type == DeviceType.CPU ? CpuTile : long.MaxValue;
    }

    /// <summary>The global 2-norm of the gradients as a scalar tensor; nothing waits for it.</summary>
    public Tensor GradientNorm()
    {
        // A sum of 10^8 squares in float32 is off by percents, so: norms of short stretches, and the norm of these.
        using var scope = NewDisposeScope();
        var g = weights.Gradients;
        while (g.numel() > NormStretch)
        {
            long whole = g.numel() / NormStretch * NormStretch;
            var norms = g.narrow(0, 0, whole).view(-1, NormStretch).norm(dim: 1);
            g = whole == g.numel() ? norms : cat([norms, g.narrow(0, whole, g.numel() - whole)]);
        }
        return g.norm().MoveToOuterDisposeScope();
    }

    /// <summary>Scales the gradients by min(1, max/(norm + 1e-6)), makes one step and zeroes them.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="norm">What <see cref="GradientNorm"/> gave.</param>
    public void Step(double learningRate, Tensor norm)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        steps++;
        var scale = options.MaxGradNorm > 0 ? (norm + 1e-6).reciprocal().mul(options.MaxGradNorm).clamp(max: 1) : null;
        long decayed = weights.DecayedLength, end = weights.Values.numel();
        Update(0, decayed, 1 - learningRate * options.WeightDecay, learningRate, scale);
        Update(decayed, end, 1, learningRate, scale);
    }

    private void Update(long begin, long end, double keep, double learningRate, Tensor? scale)
    {
        double bias1 = 1 - Math.Pow(options.AdamBeta1, steps), bias2 = 1 - Math.Pow(options.AdamBeta2, steps);
        for (long at = begin; at < end; at += tile)
        {
            using var scope = NewDisposeScope();
            long length = Math.Min(tile, end - at);
            Tensor p = weights.Values.narrow(0, at, length), g = weights.Gradients.narrow(0, at, length), mean = m.narrow(0, at, length), square = v.narrow(0, at, length);
            if (scale is not null)
                g.mul_(scale);
            mean.mul_(options.AdamBeta1).add_(g, 1 - options.AdamBeta1);
            square.mul_(options.AdamBeta2).addcmul_(g, g, 1 - options.AdamBeta2);
            if (keep != 1)
                p.mul_(keep);
            p.addcdiv_(mean, square.sqrt().div_(Math.Sqrt(bias2)).add_(options.AdamEpsilon), -learningRate / bias1);
            g.zero_();
            if (tile == long.MaxValue)
                break;
        }
    }

    public void Dispose()
    {
        m.Dispose();
        v.Dispose();
    }
}
