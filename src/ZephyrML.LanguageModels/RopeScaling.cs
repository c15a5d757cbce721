namespace ZephyrML.LanguageModels;

/// <summary>How rotary frequencies are stretched for sequences longer than the model was first trained on.</summary>
public sealed record RopeScaling
{
    /// <summary><c>linear</c>, <c>dynamic</c>, <c>llama3</c>, <c>yarn</c> (Peng et al. 2023) or <c>longrope</c> (Ding et al. 2024).</summary>
    public required string Type { get; init; }

    /// <summary>How many times longer. Longrope and yarn: null is max_position_embeddings / the original length.</summary>
    public double? Factor { get; init; }

    /// <summary>The length first trained on; null: max_position_embeddings.</summary>
    public int? OriginalMaxPositionEmbeddings { get; init; }

    /// <summary>What cosines and sines are multiplied by (yarn, longrope); null: as the method says.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>llama3: wavelengths above length / this are stretched in full.</summary>
    public double? LowFreqFactor { get; init; }

    /// <summary>llama3: wavelengths below length / this are kept.</summary>
    public double? HighFreqFactor { get; init; }

    /// <summary>yarn: rotations above which a frequency is kept; null: 32.</summary>
    public double? BetaFast { get; init; }

    /// <summary>yarn: rotations below which a frequency is stretched in full; null: 1.</summary>
    public double? BetaSlow { get; init; }

    /// <summary>yarn: numerator of the attention factor.</summary>
    public double? Mscale { get; init; }

    /// <summary>yarn: its denominator.</summary>
    public double? MscaleAllDim { get; init; }

    /// <summary>yarn: whether the bounds of the ramp are whole numbers; null: they are.</summary>
    public bool? Truncate { get; init; }

    /// <summary>longrope: divisors of each frequency up to the original length.</summary>
    public IReadOnlyList<double>? ShortFactor { get; init; }

    /// <summary>longrope: divisors of each frequency beyond it.</summary>
    public IReadOnlyList<double>? LongFactor { get; init; }

    /// <summary>Whether frequencies depend on how long the sequence is.</summary>
    internal bool DependsOnLength => Type is "dynamic" or "longrope";

    internal IEnumerable<string> Faults(int pairs, int maxPositions)
    {
        if (Type is not ("linear" or "dynamic" or "llama3" or "yarn" or "longrope"))
        {
            yield return $"the RoPE scaling '{Type}' is not supported (expected linear, dynamic, llama3, yarn or longrope)";
            yield break;
        }
        if (Type is not ("longrope" or "yarn") && Factor is null) yield return $"the RoPE scaling '{Type}' needs a factor";
        if (Factor is { } f && !(f > 0 && double.IsFinite(f))) yield return $"the RoPE scaling's factor is {f}, expected a positive number";
        if (OriginalMaxPositionEmbeddings is <= 1) yield return $"original_max_position_embeddings is {OriginalMaxPositionEmbeddings}, expected more than 1";
        if (Type == "llama3" && !(LowFreqFactor > 0 && HighFreqFactor > LowFreqFactor)) yield return "the RoPE scaling 'llama3' needs 0 < low_freq_factor < high_freq_factor";
        if (Type == "dynamic" && pairs < 2) yield return "the RoPE scaling 'dynamic' needs more than two rotary dimensions";
        if (Type != "longrope") yield break;
        if (ShortFactor?.Count != pairs || LongFactor?.Count != pairs) yield return $"the RoPE scaling 'longrope' needs short_factor and long_factor of {pairs} numbers each";
        else if (ShortFactor.Concat(LongFactor).Any(x => !(x > 0))) yield return "short_factor and long_factor must be positive";
        if (Math.Max(OriginalMaxPositionEmbeddings ?? 0, maxPositions) <= 1) yield return "the RoPE scaling 'longrope' needs the original length";
    }
}
