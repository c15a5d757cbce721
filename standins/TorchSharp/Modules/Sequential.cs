using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules one after the other, named "0", "1", ... or as given.</summary>
public class Sequential : nn.Module<Tensor, Tensor>
{
    private readonly List<(string Name, nn.Module<Tensor, Tensor> Module)> _modules = [];

    internal Sequential(IEnumerable<(string Name, nn.Module<Tensor, Tensor> Module)> modules) : base(nameof(Sequential))
    {
        foreach (var (name, module) in modules) append(name, module);
    }

    protected Sequential(params nn.Module<Tensor, Tensor>[] modules) : this(modules.Select((m, i) => (i.ToString(), m))) { }

    protected Sequential(params (string name, nn.Module<Tensor, Tensor> submodule)[] modules) : this((IEnumerable<(string, nn.Module<Tensor, Tensor>)>)modules) { }

    public int Count => _modules.Count;

    [System.Runtime.CompilerServices.IndexerName("SequentialItems")]
    public nn.IModule<Tensor, Tensor> this[int index] => _modules[index].Module;

    public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
    {
        var m = (nn.Module<Tensor, Tensor>)module;
        register_module(name, m);
        _modules.Add((name, m));
        return this;
    }

    public Sequential append(nn.IModule<Tensor, Tensor> module) => append(_modules.Count.ToString(), module);

    public override Tensor forward(Tensor tensor)
    {
        if (_modules.Count == 0) return tensor.alias();
        using var scope = NewDisposeScope();
        var result = tensor;
        foreach (var (_, module) in _modules) result = module.call(result);
        return (ReferenceEquals(result, tensor) ? tensor.alias() : result).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
