using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>y = x Wᵀ + b; the bias is optional. <c>transposed</c>: W is stored (in, out), as GPT-2's Conv1D. TorchSharp's own Linear fills its weight with random numbers first, which costs seconds on a large model.</summary>
internal sealed class Linear : nn.Module<Tensor, Tensor>
{
    [ThreadStatic] private static bool s_deferred;
    private readonly Parameter weight;
    private readonly Parameter? bias;

    public Linear(long inFeatures, long outFeatures, ScalarType dtype, Device device, bool withBias = false, bool transposed = false) : base(nameof(Linear))
    {
        long[] shape = s_deferred ? [0] : transposed ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
        weight = new Parameter(empty(shape, dtype: dtype, device: device));
        if (withBias) bias = new Parameter(empty(outFeatures, dtype: dtype, device: device));
        RegisterComponents();
        Map = new LinearMap(weight, bias, inFeatures, outFeatures, transposed);
    }

    /// <summary>Until the result is disposed, layers that this thread makes take no memory for their weights: for weights that will be codes.</summary>
    public static IDisposable Deferred()
    {
        s_deferred = true;
        return new Undo();
    }

    private sealed class Undo : IDisposable
    {
        public void Dispose() => s_deferred = false;
    }

    /// <summary>What it computes.</summary>
    public LinearMap Map { get; }

    /// <summary>(..., in) to (..., out).</summary>
    public override Tensor forward(Tensor x) => Map.Forward(x);

    /// <summary>x Wᵀ + b for a weight (out, in).</summary>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null)
    {
        var shape = x.shape;
        if (FewRows.Can(x, weight))
        {
            var few = FewRows.Multiply(x, weight).view([.. shape[..^1], weight.shape[0]]);
            return bias is null ? few : few.add_(bias);
        }
        // A single token, as in generation: a matrix-vector product reads the weight once, where a matrix product first copies it into blocks (two to three times slower with OpenBLAS).
        if (FewRows.Allowed && x.NumberOfElements == shape[^1])
        {
            var y = weight.mv(x.reshape(-1));
            return (bias is null ? y : y + bias).view([.. shape[..^1], weight.shape[0]]);
        }
        return nn.functional.linear(x, weight, bias);
    }
}
