using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>y = x Wᵀ, without bias. TorchSharp's own Linear fills its weight with random numbers first, which costs seconds on a large model.</summary>
internal sealed class Linear : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    public Linear(long inFeatures, long outFeatures, ScalarType dtype, Device device) : base(nameof(Linear))
    {
        weight = new Parameter(empty(outFeatures, inFeatures, dtype: dtype, device: device));
        RegisterComponents();
    }

    /// <summary>(out, in)</summary>
    public Parameter Weight => weight;

    /// <summary>(..., in) to (..., out).</summary>
    public override Tensor forward(Tensor x) => Apply(x, weight);

    /// <summary>x Wᵀ for a weight (out, in).</summary>
    public static Tensor Apply(Tensor x, Tensor weight)
    {
        var shape = x.shape;
        // A single token, as in generation: a matrix-vector product reads the weight once, where a matrix product first copies it into blocks (two to three times slower with OpenBLAS).
        if (!is_grad_enabled() && x.NumberOfElements == shape[^1]) return weight.mv(x.reshape(-1)).view([.. shape[..^1], weight.shape[0]]);
        return nn.functional.linear(x, weight);
    }
}
