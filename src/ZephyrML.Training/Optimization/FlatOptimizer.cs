using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>An optimiser on flat buffers, with clipping by global norm.</summary>
internal abstract partial class FlatOptimizer : IDisposable
{
    // On the CPU a stretch of the buffers goes through all operations while it is in the cache; elsewhere it only bounds what the operations need beside it.
    private const long CpuTile = 1 << 17, DeviceTile = 1 << 26, NormStretch = 1 << 12;
    private readonly FlatParameters weights;
    private readonly Tensor[] state;
    private readonly long tile;

    protected FlatOptimizer(FlatParameters weights, TrainingOptions options, int states)
    {
        (this.weights, Options) = (weights, options);
        state = [.. Enumerable.Range(0, states).Select(_ => zeros_like(weights.Values).DetachFromDisposeScope())];
        tile = weights.Values.device_type == DeviceType.CPU ? CpuTile : DeviceTile;
    }

    public static FlatOptimizer Create(FlatParameters weights, TrainingOptions options) => options.Optimizer switch
    {
        OptimizerKind.AdamW => new AdamW(weights, options),
        OptimizerKind.Lion => new Lion(weights, options),
        OptimizerKind.RmsProp => new RmsProp(weights, options),
        var other => throw new ArgumentOutOfRangeException(nameof(options), other, "no such optimiser"),
    };

    protected TrainingOptions Options { get; }

    /// <summary>Steps made.</summary>
    public int Steps { get; protected set; }

    /// <summary>The moments, (P) each.</summary>
    public IReadOnlyList<Tensor> State => state;

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
        Steps++;
        if (Options.StopOnNonFinite && weights.Values.device_type != DeviceType.CPU)
            norm = weights.ZeroGradientsUnless(norm);
        var scale = Options.MaxGradNorm > 0 ? (norm + 1e-6).reciprocal().mul(Options.MaxGradNorm).clamp(max: 1) : null;
        long decayed = weights.DecayedLength, end = weights.Values.numel();
        Update(0, decayed, Options.WeightDecay, learningRate, scale);
        Update(decayed, end, 0, learningRate, scale);
        weights.Publish();
    }

    private void Update(long begin, long end, double decay, double learningRate, Tensor? scale)
    {
        for (long at = begin; at < end; at += tile)
        {
            using var scope = NewDisposeScope();
            long length = Math.Min(tile, end - at);
            Tensor p = weights.Values.narrow(0, at, length), g = weights.Gradients.narrow(0, at, length);
            if (scale is not null)
                g.mul_(scale);
            Update(p, g, [.. state.Select(s => s.narrow(0, at, length))], decay, learningRate);
            g.zero_();
        }
    }

    /// <summary>Moves a stretch of the weights; may change everything but <paramref name="decay"/> and the rate in place.</summary>
    /// <param name="p">The weights.</param>
    /// <param name="g">Their gradients, clipped.</param>
    /// <param name="state">Their moments.</param>
    /// <param name="decay">Their weight decay.</param>
    /// <param name="learningRate">The rate of this step.</param>
    protected abstract void Update(Tensor p, Tensor g, Tensor[] state, double decay, double learningRate);

    public void Dispose()
    {
        foreach (var s in state)
            s.Dispose();
    }
}
