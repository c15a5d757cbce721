using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>What all adapted layers of one network look at: whether their adapter takes part, and whether its dropout does.</summary>
internal sealed class AdapterSwitch
{
    /// <summary>Off: the network computes what its base computes.</summary>
    public bool On { get; set; } = true;

    /// <summary>The deltas are in the base's weights; only copies of weights are still looked up here.</summary>
    public bool Merged { get; set; }

    /// <summary>Whether trained biases count although the adapter is off, as PEFT has it.</summary>
    public bool KeepBiases { get; set; }

    /// <summary>The seed of this pass's dropout; null: nothing is dropped. A layer that is run twice in one pass drops the same.</summary>
    public long? DropoutSeed { get; set; }

    /// <summary>Inverted dropout of a layer's input; null where nothing is dropped now.</summary>
    public Tensor? Dropped(Tensor x, double probability, int layer)
    {
        if (probability == 0 || DropoutSeed is not { } seed) return null;
        using var generator = new Generator(Mix((ulong)seed, (ulong)layer) & long.MaxValue, x.device);
        var kept = empty(x.shape, dtype: x.dtype, device: x.device).bernoulli_(1 - probability, generator);
        return x * kept.mul_(1 / (1 - probability));
    }

    /// <summary>SplitMix64's finaliser (Steele et al. 2014): neighbouring seeds and layers give unrelated streams.</summary>
    private static ulong Mix(ulong seed, ulong layer)
    {
        ulong z = seed + (layer + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
