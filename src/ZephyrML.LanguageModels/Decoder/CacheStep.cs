using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>How a forward pass uses a cache: what it stores, and what its queries see.</summary>
internal abstract class CacheStep(KeyValueCache cache)
{
    protected KeyValueCache Cache => cache;

    /// <summary>Takes up a layer's new keys and values, (B, KV, T, D), and gives those that the queries see, (B, KV, S, D).</summary>
    public abstract (Tensor K, Tensor V) Take(int layer, Tensor k, Tensor v);

    /// <summary>To be called when all layers have taken up theirs.</summary>
    public abstract void Complete();
}
