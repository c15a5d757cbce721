using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>RMSNorm (Zhang and Sennrich 2019, equation 4): y = w · x / √(mean(x²) + ε), computed in float32. With <c>fromOne</c> the stored weight is w − 1, and the product too is made in float32, as Gemma has it.</summary>
internal sealed class RmsNorm : nn.Module<Tensor, Tensor>, INorm
{
    private readonly long _size;
    private readonly double _epsilon;
    private readonly bool _fromOne;
    private readonly Parameter weight;

    public RmsNorm(long size, double epsilon, ScalarType dtype, Device device, bool fromOne = false) : base(nameof(RmsNorm))
    {
        (_size, _epsilon, _fromOne) = (size, epsilon, fromOne);
        weight = new Parameter(empty(size, dtype: dtype, device: device));
        RegisterComponents();
        Weight = new WeightSlot(weight);
    }

    /// <inheritdoc/>
    public WeightSlot Weight { get; }

    /// <inheritdoc/>
    public WeightSlot? Bias => null;

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public override Tensor forward(Tensor x)
    {
        var dtype = x.dtype;
        if (weight.dtype == ScalarType.Float32 && FewNorms.Can(x, _size, x.Dimensions > 3 ? x.shape[^2] : 1)) return FewNorms.Rms(x, weight, _epsilon, _fromOne);
        if (dtype != ScalarType.Float32) x = x.to(ScalarType.Float32);
        // The norm reduces in one pass, without the squares as a tensor of their own.
        var scale = x.norm(-1, keepdim: true).square().div(_size).add(_epsilon).rsqrt();     // (B, T, 1)
        var y = x * scale;
        if (_fromOne)
        {
            y = y * (Weight.Current.to(ScalarType.Float32) + 1);
            return dtype == ScalarType.Float32 ? y : y.to(dtype);
        }
        if (dtype != ScalarType.Float32) y = y.to(dtype);
        return y * Weight.Current;
    }
}
