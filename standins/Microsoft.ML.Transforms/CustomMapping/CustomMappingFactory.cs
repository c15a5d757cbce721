using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Gives a custom mapping back to a loaded model; found by its contract name.</summary>
public abstract class CustomMappingFactory<TSrc, TDst> : ICustomMappingFactory
    where TSrc : class, new()
    where TDst : class, new()
{
    protected CustomMappingFactory() { }

    public abstract Action<TSrc, TDst> GetMapping();

    ITransformer ICustomMappingFactory.CreateTransformer(IHostEnvironment env, string contractName)
        => new CustomMappingTransformer<TSrc, TDst>(env, GetMapping(), contractName);
}
