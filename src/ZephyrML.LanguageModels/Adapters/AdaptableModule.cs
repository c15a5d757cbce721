namespace ZephyrML.LanguageModels;

/// <summary>A part of a network that an adapter can be laid on, by Hugging Face's name of the module.</summary>
/// <param name="Name">As <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="Bias">Its bias, or null.</param>
/// <param name="Map">What it computes where it is linear.</param>
/// <param name="Table">What it looks up where it is an embedding.</param>
/// <param name="Shared">Whether another module has the same weight: a tied head and its embedding.</param>
/// <param name="Head">Whether it gives the logits.</param>
internal sealed record AdaptableModule(string Name, WeightSlot Weight, WeightSlot? Bias, LinearMap? Map, LookupTable? Table, bool Shared, bool Head)
{
    private const string Probe = ".weight";

    /// <summary>Hugging Face's name of a module, in memory: its files may call the head otherwise.</summary>
    public static string NameOf(ModelFamily family, string own)
    {
        string name = family.WeightName(own + Probe)[..^Probe.Length];
        return name == family.WeightName("lm_head" + Probe)[..^Probe.Length] ? "lm_head" : name;
    }
}
