namespace ZephyrML.LanguageModels;

/// <summary>Draws tokens for one row from its own stream of random numbers.</summary>
internal sealed class TokenSampler(GenerationOptions options, long row)
{
    // SplitMix64 (Steele, Lea and Flood 2014), begun at a hash of seed and row.
    private ulong _state = Mix(Mix((ulong)(uint)options.Seed + 0x9E3779B97F4A7C15) + (ulong)row);

    /// <summary>Draws from softmax(logits / temperature), cut to top-p. Equal logits draw equal tokens.</summary>
    public int Draw(ReadOnlySpan<float> logits)
    {
        float max = float.NegativeInfinity;
        foreach (float x in logits) max = Math.Max(max, x);
        var p = new double[logits.Length];
        double sum = 0;
        for (int i = 0; i < p.Length; i++) sum += p[i] = Math.Exp((logits[i] - max) / options.Temperature);
        double u = NextDouble();
        return options.TopP < 1 ? DrawFromTop(p, sum, u) : DrawFrom(p, u * sum);
    }

    private static int DrawFrom(double[] p, double at)
    {
        int last = 0;
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] == 0) continue;
            last = i;
            if ((at -= p[i]) < 0) break;
        }
        return last;
    }

    // The likeliest tokens until their probabilities reach TopP; ties by the lower id.
    private int DrawFromTop(double[] p, double sum, double u)
    {
        var ids = new int[p.Length];
        var keys = new double[p.Length];
        for (int i = 0; i < p.Length; i++) (ids[i], keys[i]) = (i, -p[i]);
        Array.Sort(keys, ids);       // not stable, so runs of equals are put in order below
        for (int i = 0; i < ids.Length && keys[i] < 0;)
        {
            int j = i + 1;
            while (j < ids.Length && keys[j] == keys[i]) j++;
            if (j - i > 1) Array.Sort(ids, i, j - i);
            i = j;
        }
        double top = 0;
        int kept = 0;
        while (kept < ids.Length && top < options.TopP * sum) top += -keys[kept++];
        double at = u * top;
        for (int i = 0; i < kept - 1; i++)
            if ((at += keys[i]) < 0) return ids[i];
        return ids[Math.Max(0, kept - 1)];
    }

    private double NextDouble() => (Mix(_state += 0x9E3779B97F4A7C15) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
