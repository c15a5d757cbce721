using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>LayerNorm (Ba et al. 2016): y = w · (x − mean) / √(variance + ε) + b.</summary>
internal sealed class LayerNorm : nn.Module<Tensor, Tensor>, INorm
{
    private readonly long[] _shape;
    private readonly double _epsilon;
    private readonly Parameter weight, bias;

    public LayerNorm(long size, double epsilon, ScalarType dtype, Device device) : base(nameof(LayerNorm))
    {
        (_shape, _epsilon) = ([size], epsilon);
        weight = new Parameter(empty(size, dtype: dtype, device: device));
        bias = new Parameter(empty(size, dtype: dtype, device: device));
        RegisterComponents();
        (Weight, Bias) = (new WeightSlot(weight), new WeightSlot(bias));
    }

    /// <inheritdoc/>
    public WeightSlot Weight { get; }

    /// <inheritdoc/>
    public WeightSlot Bias { get; }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public override Tensor forward(Tensor x) => nn.functional.layer_norm(x, _shape, Weight.Current, Bias.Current, _epsilon);
}
