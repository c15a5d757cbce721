using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>More positions of one row: its prompt, or a piece of it.</summary>
/// <param name="cache">Where it has a slot.</param>
/// <param name="slot">The slot.</param>
/// <param name="count">T: how many positions.</param>
internal sealed class PrefillStep(KeyValueCache cache, int slot, long count) : CacheStep(cache)
{
    public override (Tensor K, Tensor V) Take(int layer, Tensor k, Tensor v)
    {
        var seen = (k, v);
        if (Cache.Lengths[slot] > 0)
        {
            var (earlierK, earlierV) = Cache.Visible(layer, slot);
            seen = (cat([earlierK, k], 2), cat([earlierV, v], 2));      // before the new ones overwrite what a window still needs
        }
        Cache.Append(layer, slot, k.select(0, 0), v.select(0, 0));
        return seen;
    }

    public override void Complete() => Cache.Advance(slot, count);
}
