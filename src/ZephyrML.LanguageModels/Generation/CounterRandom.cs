namespace ZephyrML.LanguageModels;

/// <summary>
/// Random numbers by their number: draw i of a row is a hash of seed, row and i alone (SplitMix64, Steele, Lea and Flood 2014), so that nothing depends on which rows were drawn for before.
/// </summary>
/// <param name="seed">Equal seeds give equal streams.</param>
/// <param name="row">Each row has a stream of its own.</param>
internal readonly struct CounterRandom(long seed, long row)
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private readonly ulong _start = Mix(Mix((ulong)seed + Step) + (ulong)row);

    /// <summary>Draw <paramref name="index"/>: in [0, 1), 53 bits.</summary>
    public double NextDouble(long index) => (Mix(_start + (ulong)(index + 1) * Step) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
