namespace ZephyrML.LanguageModels;

/// <summary>The pairs of symbols that merge, in the order in which they were learnt, and the merging itself.</summary>
internal sealed class BpeMerges
{
    private const int ShortPiece = 48;
    private readonly Dictionary<long, (int Rank, int Id)> merges;

    /// <param name="capacity">How many there will be.</param>
    public BpeMerges(int capacity) => merges = new Dictionary<long, (int Rank, int Id)>(capacity);

    /// <summary>The pairs.</summary>
    public IEnumerable<(int Left, int Right)> Pairs => merges.Keys.Select(k => ((int)(k >> 32), (int)k));

    /// <summary>Adds a pair. One that is listed twice keeps its later rank, as in the tokenizers library.</summary>
    public void Add(int left, int right, int rank, int merged) => merges[Pair(left, right)] = (rank, merged);

    /// <summary>Merges the pair of the lowest rank, of equal ones the leftmost, until none is left.</summary>
    public void Apply(ref BpeSymbols symbols)
    {
        symbols.Count = symbols.Count <= ShortPiece
            ? MergeShort(symbols.Ids, symbols.Starts, symbols.Ends, symbols.Count)
            : MergeLong(symbols.Ids, symbols.Starts, symbols.Ends, symbols.Count);
    }

    // Looks at all pairs before each merge: quadratic, and fastest for words.
    private int MergeShort(int[] ids, int[] starts, int[] ends, int count)
    {
        while (count > 1)
        {
            var best = (Rank: int.MaxValue, Id: 0);
            var at = -1;
            for (var i = 0; i + 1 < count; i++)
            {
                if (merges.TryGetValue(Pair(ids[i], ids[i + 1]), out var merge) && merge.Rank < best.Rank)
                    (best, at) = (merge, i);
            }
            if (at < 0)
                break;
            ids[at] = best.Id;
            ends[at] = ends[at + 1];
            count--;
            Array.Copy(ids, at + 2, ids, at + 1, count - at - 1);
            Array.Copy(starts, at + 2, starts, at + 1, count - at - 1);
            Array.Copy(ends, at + 2, ends, at + 1, count - at - 1);
        }
        return count;
    }

    // A queue of pairs by rank, then place, over a linked list.
    private int MergeLong(int[] ids, int[] starts, int[] ends, int count)
    {
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<(int At, int Left, int Right, int Id), long>();
        for (var i = 0; i < count; i++)
            (next[i], previous[i]) = (i + 1, i - 1);
        for (var i = 0; i + 1 < count; i++)
            Offer(i);
        while (queue.TryDequeue(out var merge, out _))
        {
            var at = merge.At;
            if (ids[at] != merge.Left || next[at] >= count || ids[next[at]] != merge.Right)
                continue;
            var gone = next[at];
            ids[at] = merge.Id;
            ends[at] = ends[gone];
            ids[gone] = -1;
            next[at] = next[gone];
            if (next[at] < count)
            {
                previous[next[at]] = at;
                Offer(at);
            }
            if (previous[at] >= 0)
                Offer(previous[at]);
        }
        var kept = 0;
        for (var i = 0; i < count; i = next[i])
        {
            (ids[kept], starts[kept], ends[kept]) = (ids[i], starts[i], ends[i]);
            kept++;
        }
        return kept;

        void Offer(int at)
        {
            if (merges.TryGetValue(Pair(ids[at], ids[next[at]]), out var merge))
                queue.Enqueue((at, ids[at], ids[next[at]], merge.Id), ((long)merge.Rank << 32) | (uint)at);
        }
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;
}
