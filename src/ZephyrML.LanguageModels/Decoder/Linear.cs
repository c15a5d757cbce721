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
    public override Tensor forward(Tensor x) => nn.functional.linear(x, weight);
}
