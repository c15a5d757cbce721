using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>
/// A stream of random numbers that depends on nothing but (seed, stage, row): the same on every machine and in every process, whatever was drawn before
/// for other rows and stages. SplitMix64 over a SHA-256 of the three.
/// </summary>
public sealed class SeedStream
{
    private ulong _state;

    /// <summary>Starts the stream of one stage and row.</summary>
    /// <param name="seed">The one seed that everything hangs on.</param>
    /// <param name="stage">What the numbers are for; another stage draws other numbers.</param>
    /// <param name="row">The row they are for.</param>
    public SeedStream(int seed, string stage, long row = 0) => _state = Hash(seed, stage, row);

    /// <summary>A seed for something else (a sampler, another stage), derived from (seed, stage, row); never negative.</summary>
    public static int Derive(int seed, string stage, long row = 0) => (int)(Hash(seed, stage, row) >> 33);

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        var z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [0, <paramref name="maxExclusive"/>), each equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxExclusive"/> is below 1.</exception>
    public int Next(int maxExclusive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxExclusive, 1);
        var bound = (ulong)maxExclusive;
        var limit = ulong.MaxValue - (ulong.MaxValue % bound);       // what lies above would favour small numbers
        ulong draw;
        do
            draw = NextUInt64();
        while (draw >= limit);
        return (int)(draw % bound);
    }

    /// <summary>Puts the items into a random order, in place.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Hash(int seed, string stage, long row)
    {
        ArgumentNullException.ThrowIfNull(stage);
        var text = Encoding.UTF8.GetBytes(stage);
        var bytes = new byte[12 + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, seed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), row);
        text.CopyTo(bytes.AsSpan(12));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(bytes));
    }
}
