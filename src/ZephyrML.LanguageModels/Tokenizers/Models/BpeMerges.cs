namespace ZephyrML.LanguageModels;

/// <summary>The pairs of symbols that merge, in the order in which they were learnt, and the merging itself.</summary>
internal sealed class BpeMerges
{
    private const int ShortPiece = 48;
    private readonly PairTable merges;

    /// <param name="capacity">How many there will be.</param>
    public BpeMerges(int capacity) => merges = new PairTable(capacity);

    /// <summary>The pairs.</summary>
    public IEnumerable<(int Left, int Right)> Pairs => merges.Pairs;

    /// <summary>Adds a pair. One that is listed twice keeps its later rank, as in the tokenizers library.</summary>
    public void Add(int left, int right, int rank, int merged) => merges.Set(left, right, rank, merged);

    /// <summary>Merges the pair of the lowest rank, of equal ones the leftmost, until none is left.</summary>
    public void Apply(ref BpeSymbols symbols)
    {
        symbols.Count = symbols.Count <= ShortPiece
            ? MergeShort(symbols.Ids, symbols.Starts, symbols.Ends, symbols.Count)
            : MergeLong(symbols.Ids, symbols.Starts, symbols.Ends, symbols.Count);
    }

    // Looks for the best of all pairs before each merge: quadratic, and fastest for words.
    private int MergeShort(int[] ids, int[] starts, int[] ends, int count)
    {
        Span<(int Rank, int Id)> pairs = stackalloc (int, int)[ShortPiece];
        for (var i = 0; i + 1 < count; i++)
            pairs[i] = Merge(ids[i], ids[i + 1]);
        while (count > 1)
        {
            var (best, at) = (int.MaxValue, -1);
            for (var i = 0; i + 1 < count; i++)
            {
                if (pairs[i].Rank < best)
                    (best, at) = (pairs[i].Rank, i);
            }
            if (at < 0)
                break;
            ids[at] = pairs[at].Id;
            ends[at] = ends[at + 1];
            count--;
            for (var i = at + 1; i < count; i++)
                (ids[i], starts[i], ends[i], pairs[i]) = (ids[i + 1], starts[i + 1], ends[i + 1], pairs[i + 1]);
            if (at > 0)
                pairs[at - 1] = Merge(ids[at - 1], ids[at]);
            if (at + 1 < count)
                pairs[at] = Merge(ids[at], ids[at + 1]);
        }
        return count;
    }

    private (int Rank, int Id) Merge(int left, int right) => merges.TryGet(left, right, out var rank, out var id) ? (rank, id) : (int.MaxValue, 0);

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
            if (merges.TryGet(ids[at], ids[next[at]], out var rank, out var id))
                queue.Enqueue((at, ids[at], ids[next[at]], id), ((long)rank << 32) | (uint)at);
        }
    }
}
