using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>x Wᵀ + b with W (out, in).</summary>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    private Parameter _weight, _bias;

    internal Linear(Parameter weight, Parameter bias) : base(nameof(Linear))
    {
        (this.weight, this.bias) = (weight, bias);
        (out_features, in_features) = (weight.shape[0], weight.shape[1]);
    }

    internal Linear(long inputSize, long outputSize, bool hasBias, Device device, ScalarType? dtype)
        : this(new Parameter(empty([outputSize, inputSize], dtype, device)), hasBias ? new Parameter(empty([outputSize], dtype, device)) : null)
    {
        nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
        double bound = inputSize > 0 ? 1 / Math.Sqrt(inputSize) : 0;
        if (bias is not null) nn.init.uniform_(bias, -bound, bound);
    }

    public long in_features { get; set; }

    public long out_features { get; set; }

    public Parameter weight { get => _weight; set { _weight = value; ConditionallyRegisterParameter(nameof(weight), value); } }

    public Parameter bias { get => _bias; set { _bias = value; ConditionallyRegisterParameter(nameof(bias), value); } }

    public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, weight, bias);

    protected override void RegisterComponents() { }

    private protected override void Replaced(string name, Parameter value)
    {
        if (name == nameof(weight)) _weight = value;
        else _bias = value;
    }
}
