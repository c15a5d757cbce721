using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>The first positions of several rows, padded on the right: padding comes after all that is real, so the causal mask hides it, and it is not stored.</summary>
/// <param name="cache">Where slots <paramref name="firstSlot"/> and on, one for each row, are empty.</param>
/// <param name="firstSlot">The first row's slot.</param>
/// <param name="counts">How many tokens each row has.</param>
internal sealed class PrefillStep(KeyValueCache cache, int firstSlot, IReadOnlyList<int> counts) : CacheStep(cache)
{
    public override (Tensor K, Tensor V) Take(int layer, Tensor k, Tensor v)
    {
        if (k.shape[2] <= (Cache.Window(layer) ?? long.MaxValue)) Cache.Fill(layer, firstSlot, k, v);
        else for (int b = 0; b < counts.Count; b++) Cache.Append(layer, firstSlot + b, k.select(0, b).narrow(1, 0, counts[b]), v.select(0, b).narrow(1, 0, counts[b]));
        return (k, v);
    }

    public override void Complete()
    {
        for (int b = 0; b < counts.Count; b++) Cache.Advance(firstSlot + b, counts[b]);
    }
}
