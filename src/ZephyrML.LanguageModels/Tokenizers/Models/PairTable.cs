using System.Numerics;

namespace ZephyrML.LanguageModels;

/// <summary>Pairs of tokens and what they merge to: a table of open places, half of them free.</summary>
internal sealed class PairTable
{
    private const ulong Spread = 0x9E3779B97F4A7C15;
    private const long Free = -1;
    private long[] pairs;
    private (int Rank, int Id)[] merges;
    private int count;

    public PairTable(int capacity)
    {
        pairs = new long[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2 * capacity))];
        merges = new (int, int)[pairs.Length];
        Array.Fill(pairs, Free);
    }

    /// <summary>All pairs.</summary>
    public IEnumerable<(int Left, int Right)> Pairs => pairs.Where(p => p != Free).Select(p => ((int)(p >> 32), (int)p));

    /// <summary>Adds a pair, or gives one that is there another merge.</summary>
    public void Set(int left, int right, int rank, int id)
    {
        if (2 * (count + 1) > pairs.Length)
            Grow();
        var pair = Pair(left, right);
        var place = Place(pair);
        if (pairs[place] == Free)
            count++;
        (pairs[place], merges[place]) = (pair, (rank, id));
    }

    /// <summary>What a pair merges to; false where it does not.</summary>
    public bool TryGet(int left, int right, out int rank, out int id)
    {
        var pair = Pair(left, right);
        var place = Place(pair);
        (rank, id) = merges[place];
        return pairs[place] == pair;
    }

    private int Place(long pair)
    {
        var mask = pairs.Length - 1;
        var place = (int)(((ulong)pair * Spread) >> 32) & mask;
        while (pairs[place] != pair && pairs[place] != Free)
            place = (place + 1) & mask;
        return place;
    }

    private void Grow()
    {
        var (oldPairs, oldMerges) = (pairs, merges);
        pairs = new long[2 * oldPairs.Length];
        merges = new (int, int)[pairs.Length];
        Array.Fill(pairs, Free);
        for (var i = 0; i < oldPairs.Length; i++)
        {
            if (oldPairs[i] != Free && Place(oldPairs[i]) is var place)
                (pairs[place], merges[place]) = (oldPairs[i], oldMerges[i]);
        }
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;
}
