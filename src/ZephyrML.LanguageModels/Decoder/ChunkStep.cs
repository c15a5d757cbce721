using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>More positions of one row that has some in the cache already: a long prompt in pieces.</summary>
internal sealed class ChunkStep(KeyValueCache cache, int slot, long count) : CacheStep(cache)
{
    public override (Tensor K, Tensor V) Take(int layer, Tensor k, Tensor v)
    {
        var (earlierK, earlierV) = Cache.Visible(layer, slot);
        var seen = (cat([earlierK, k], 2), cat([earlierV, v], 2));      // before the new ones overwrite what a window still needs
        Cache.Append(layer, slot, k.select(0, 0), v.select(0, 0));
        return seen;
    }

    public override void Complete() => Cache.Advance(slot, count);
}
