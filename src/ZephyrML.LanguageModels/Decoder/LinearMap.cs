using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>y = x Wᵀ + b with what may be laid on it: a low-rank adapter, copies of the weights, a quantised W. A tied head is such a map over the embedding's weight.</summary>
/// <param name="weight">(out, in), or (in, out) where it is transposed.</param>
/// <param name="bias">(out), or null.</param>
/// <param name="inFeatures">Columns of W.</param>
/// <param name="outFeatures">Rows of W.</param>
/// <param name="transposed">Whether W is stored (in, out), as GPT-2's Conv1D.</param>
internal sealed class LinearMap(Parameter weight, Parameter? bias, long inFeatures, long outFeatures, bool transposed)
{
    public WeightSlot Weight { get; } = new(weight);

    public WeightSlot? Bias { get; } = bias is null ? null : new(bias);

    public bool Transposed { get; } = transposed;

    public long InFeatures { get; } = inFeatures;

    public long OutFeatures { get; } = outFeatures;

    /// <summary>The weight's shape as it is stored.</summary>
    public long[] Shape => Transposed ? [InFeatures, OutFeatures] : [OutFeatures, InFeatures];

    /// <summary>The adapter on top, or null.</summary>
    public LoraLinear? Lora { get; set; }

    /// <summary>(..., in) to (..., out).</summary>
    public Tensor Forward(Tensor x) => Lora is { Active: true } lora ? lora.Forward(this, x) : Plain(x, Bias?.Current);

    /// <summary>W as codes; then the base's weight is empty.</summary>
    public Nf4Weight? Quantized { get; private set; }

    /// <summary>What <see cref="WeightsHash.Line"/> said of the weight before it was quantised.</summary>
    public string? QuantizedFrom { get; private set; }

    /// <summary>Puts codes in the weight's place and frees the weight.</summary>
    public void Quantize(Nf4Weight codes, string? from)
    {
        using var noGrad = no_grad();
        (Quantized, QuantizedFrom) = (codes, from);
        Weight.Base.requires_grad = false;
        using var nothing = empty(0, dtype: Weight.Base.dtype, device: Weight.Base.device);
        Weight.Base.set_(nothing);
    }

    /// <summary>The codes where they count: a copy that an adapter trains is whole.</summary>
    private Nf4Weight? Codes => ReferenceEquals(Weight.Current, Weight.Base) ? Quantized : null;

    /// <summary>Without the adapter.</summary>
    public Tensor Plain(Tensor x, Tensor? withBias)
    {
        if (Codes is { } codes) return withBias is null ? codes.Multiply(x) : codes.Multiply(x) + withBias;
        var w = Weight.Current;
        return Linear.Apply(x, Transposed ? w.t() : w, withBias);
    }

    /// <summary>W as (out, in); where it is quantised, a matrix of its own.</summary>
    public Tensor Matrix() => Codes is { } codes ? codes.Dequantize(Weight.Base.dtype) : Transposed ? Weight.Current.t() : Weight.Current;
}
