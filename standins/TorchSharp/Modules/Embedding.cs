using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Rows of a table (V, C) by index.</summary>
public sealed class Embedding : nn.Module<Tensor, Tensor>
{
    private readonly long? _padding;
    private readonly bool _scale, _sparse;
    private Parameter _weight;

    internal Embedding(Parameter weight, long? padding_idx, bool scale, bool sparse) : base(nameof(Embedding))
        => (this.weight, _padding, _scale, _sparse) = (weight, padding_idx, scale, sparse);

    public Parameter weight { get => _weight; set { _weight = value; ConditionallyRegisterParameter(nameof(weight), value); } }

    public override Tensor forward(Tensor input) => nn.functional.embedding(input, weight, _padding, null, 2, _scale, _sparse);

    protected override void RegisterComponents() { }

    private protected override void Replaced(string name, Parameter value) => _weight = value;
}
