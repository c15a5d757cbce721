namespace ZephyrML.LanguageModels;

/// <summary>The frequency of each rotary pair, in float32 throughout, as transformers computes it; stretched as the model's <see cref="RopeScaling"/> says.</summary>
/// <param name="dim">R: how many numbers of a head are rotated.</param>
/// <param name="theta">Base.</param>
/// <param name="scaling">How they are stretched, or null.</param>
/// <param name="maxPositions">max_position_embeddings.</param>
internal sealed class RotaryFrequencies(int dim, double theta, RopeScaling? scaling, int maxPositions)
{
    public int Dim => dim;

    private int Original => scaling?.OriginalMaxPositionEmbeddings ?? maxPositions;

    /// <summary>Sequences with equal regimes have equal frequencies: 0 those up to the trained length, else what sets them apart.</summary>
    public long Regime(long count) => scaling?.Type switch
    {
        "dynamic" => count > maxPositions ? count : 0,
        "longrope" => count > Original ? 1 : 0,
        _ => 0,
    };

    /// <summary>Whether regimes are too many to keep their tables.</summary>
    public bool ManyRegimes => scaling?.Type == "dynamic";

    /// <summary>What cosines and sines are multiplied by.</summary>
    public float Amplitude => (float)(scaling switch
    {
        { AttentionFactor: { } given } and { Type: "yarn" or "longrope" } => given,
        { Type: "yarn" } => YarnAmplitude(scaling),
        { Type: "longrope" } => Stretch <= 1 ? 1 : Math.Sqrt(1 + Math.Log(Stretch) / Math.Log(Original)),
        _ => 1,
    });

    /// <summary>How many times longer sequences may be than the original length.</summary>
    public double Stretch => scaling!.Factor ?? (double)maxPositions / Original;

    /// <summary>Radians a position, for each of the R / 2 pairs.</summary>
    public float[] Of(long regime)
    {
        var plain = Plain(theta);
        return scaling?.Type switch
        {
            "linear" => [.. plain.Select(f => f / (float)scaling.Factor!.Value)],
            "dynamic" => Dynamic(regime),
            "llama3" => [.. plain.Select(f => Llama3(f, scaling))],
            "yarn" => Yarn(scaling),
            "longrope" => [.. plain.Select((_, j) => 1f / ((float)(regime == 0 ? scaling.ShortFactor! : scaling.LongFactor!)[j] * MathF.Pow((float)theta, 2f * j / dim)))],
            _ => plain,
        };
    }

    /// <summary>Radians a position, unstretched.</summary>
    public float[] Plain() => Plain(theta);

    private float[] Plain(double theta) => [.. Enumerable.Range(0, dim / 2).Select(j => 1f / MathF.Pow((float)theta, 2f * j / dim))];

    // NTK-aware scaling that grows with the sequence: the base is raised so that the slowest pair is stretched just enough.
    private float[] Dynamic(long regime)
    {
        double factor = scaling!.Factor!.Value, length = Math.Max(regime, maxPositions);
        return Plain(theta * Math.Pow(factor * length / maxPositions - (factor - 1), dim / (dim - 2.0)));
    }

    // Llama 3.1: long waves are stretched in full, short ones not at all, those between by degrees.
    private float Llama3(float frequency, RopeScaling s)
    {
        double factor = s.Factor!.Value, low = s.LowFreqFactor!.Value, high = s.HighFreqFactor!.Value, length = Original;
        double wave = 2 * Math.PI / frequency;
        if (wave > length / low) return (float)(frequency / factor);
        if (wave < length / high) return frequency;
        double smooth = (length / wave - low) / (high - low);
        return (float)((1 - smooth) * frequency / factor + smooth * frequency);
    }

    // Peng et al. 2023, section 3.2: between the pairs that turn BetaFast and BetaSlow times within the original length, a ramp from kept to stretched.
    private float[] Yarn(RopeScaling s)
    {
        double Pair(double rotations) => dim * Math.Log(Original / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
        double low = Pair(s.BetaFast is { } fast and not 0 ? fast : 32), high = Pair(s.BetaSlow is { } slow and not 0 ? slow : 1);
        if (s.Truncate != false) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, dim - 1));
        if (low == high) high += 0.001;
        return [.. Plain(theta).Select((f, j) =>
        {
            float stretched = (float)Math.Clamp((j - low) / (high - low), 0, 1);
            return f / (float)Stretch * stretched + f * (1 - stretched);
        })];
    }

    private double YarnAmplitude(RopeScaling s)
    {
        double Of(double? scale) => Stretch <= 1 ? 1 : 0.1 * (scale ?? 1) * Math.Log(Stretch) + 1;
        return s is { Mscale: { } m and not 0, MscaleAllDim: { } all and not 0 } ? Of(m) / Of(all) : Of(1);
    }
}
