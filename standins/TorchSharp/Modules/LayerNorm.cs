using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Normalises over the last dimensions.</summary>
public sealed class LayerNorm : nn.Module<Tensor, Tensor>
{
    private Parameter _weight, _bias;

    internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, Device device, ScalarType? dtype) : base(nameof(LayerNorm))
    {
        (this.normalized_shape, this.eps, this.elementwise_affine) = (normalized_shape, eps, elementwise_affine);
        if (elementwise_affine) weight = new Parameter(ones(normalized_shape, dtype, device));
        if (elementwise_affine && bias) this.bias = new Parameter(zeros(normalized_shape, dtype, device));
    }

    public long[] normalized_shape { get; set; }

    public double eps { get; set; }

    public bool elementwise_affine { get; set; }

    public Parameter weight { get => _weight; set { _weight = value; ConditionallyRegisterParameter(nameof(weight), value); } }

    public Parameter bias { get => _bias; set { _bias = value; ConditionallyRegisterParameter(nameof(bias), value); } }

    public void reset_parameters()
    {
        if (weight is not null) nn.init.ones_(weight);
        if (bias is not null) nn.init.zeros_(bias);
    }

    public override Tensor forward(Tensor tensor) => nn.functional.layer_norm(tensor, normalized_shape, weight, bias, eps);

    protected override void RegisterComponents() { }

    private protected override void Replaced(string name, Parameter value)
    {
        if (name == nameof(weight)) _weight = value;
        else _bias = value;
    }
}
