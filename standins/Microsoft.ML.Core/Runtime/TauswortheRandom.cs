using System.Numerics;

namespace Microsoft.ML.Runtime;

/// <summary>
/// Three Tausworthe generators and a linear congruential one, combined (L'Ecuyer; "hybrid" in GPU Gems 3, chapter 37):
/// the generator behind every seed of an MLContext, so that splits and shuffles come out as they do there.
/// </summary>
internal sealed class TauswortheRandom : Random
{
    private uint _a, _b, _c, _lcg;

    public TauswortheRandom(uint seed)
    {
        _a = seed;
        _b = Mix(_a, seed);
        _c = Mix(_b, seed);
        _lcg = Mix(_c, seed);
    }

    public TauswortheRandom(Random source)
    {
        _a = TauswortheSeed(source);
        _b = TauswortheSeed(source);
        _c = TauswortheSeed(source);
        _lcg = Word(source);
    }

    public static TauswortheRandom Create(int? seed) => seed == null ? new(new Random()) : new((uint)seed.Value);

    public override float NextSingle() => (Step() >> 9) * (1f / (1 << 23));

    public override double NextDouble() => Step() * (1.0 / (1L << 32));

    public override int Next()
    {
        uint u = Step();
        return (int)(u + (u & 0x80000000));
    }

    public int NextSigned() => (int)Step();

    public override int Next(int maxValue)
    {
        Contracts.CheckParam(maxValue >= 0, nameof(maxValue), "maxValue must be non-negative");
        return (int)((ulong)Step() * (ulong)maxValue >> 32);
    }

    public override int Next(int minValue, int maxValue)
    {
        Contracts.CheckParam(minValue <= maxValue, nameof(minValue), "minValue must be less than or equal to maxValue.");
        return (int)((long)(NextDouble() * ((long)maxValue - minValue)) + minValue);
    }

    public override void NextBytes(byte[] buffer)
    {
        for (int i = 0; i < buffer.Length; i++)
            buffer[i] = (byte)Next();
    }

    protected override double Sample() => NextDouble();

    private uint Step()
    {
        _a = Tausworthe(_a, 13, 19, 12, ~1u);
        _b = Tausworthe(_b, 2, 25, 4, ~7u);
        _c = Tausworthe(_c, 3, 11, 17, ~15u);
        _lcg = 1664525 * _lcg + 1013904223;
        return _a ^ _b ^ _c ^ _lcg;
    }

    private static uint Tausworthe(uint z, int s1, int s2, int s3, uint mask) => ((z & mask) << s3) ^ (((z << s1) ^ z) >> s2);

    // One round of Murmur3's 32-bit hash.
    private static uint Mix(uint hash, uint chunk)
    {
        hash ^= BitOperations.RotateLeft(chunk * 0xCC9E2D51, 15) * 0x1B873593;
        return BitOperations.RotateLeft(hash, 13) * 5 + 0xE6546B64;
    }

    private static uint Word(Random source) => ((uint)source.Next(0x10000) << 16) | (uint)source.Next(0x10000);

    private static uint TauswortheSeed(Random source)
    {
        uint u;
        do u = Word(source); while (u < 128);
        return u;
    }
}
