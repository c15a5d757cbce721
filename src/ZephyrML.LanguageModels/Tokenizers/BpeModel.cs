using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Byte-pair encoding over bytes: a piece starts as one symbol a byte, and of all neighbouring pairs the one that was learnt first is merged, until none is left.
/// Microsoft.ML.Tokenizers' BpeTokenizer has neither <c>ignore_merges</c> nor linear-logarithmic time on long pieces, hence an own one.
/// </summary>
internal sealed class BpeModel
{
    private const int CachedLength = 64;
    private const int CacheLimit = 1 << 16;
    private const int ShortPiece = 48;

    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<long, (int Rank, int Id)> merges;
    private readonly int[] byteIds = new int[256];
    private readonly bool wholeWordFirst;
    private readonly int unknown;
    private readonly bool fuseUnknown;
    private readonly ConcurrentDictionary<string, BpeWord> cache = new();

    /// <param name="vocabulary">Tokens, written in <see cref="ByteAlphabet"/>, and their ids.</param>
    /// <param name="pairs">The pairs that merge, in the order in which they were learnt.</param>
    /// <param name="wholeWordFirst"><c>ignore_merges</c>: a piece that is a token is that token, whatever the merges say.</param>
    /// <param name="unknown">The id for bytes that are no token, or -1 to leave them out.</param>
    /// <param name="fuseUnknown">Whether a run of such bytes is one unknown token.</param>
    /// <exception cref="InvalidDataException">A merge names a token that the vocabulary lacks.</exception>
    public BpeModel(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> pairs, bool wholeWordFirst, int unknown, bool fuseUnknown)
    {
        this.vocabulary = vocabulary;
        this.wholeWordFirst = wholeWordFirst;
        this.unknown = unknown;
        this.fuseUnknown = fuseUnknown;
        merges = new Dictionary<long, (int, int)>(pairs.Count);
        for (var rank = 0; rank < pairs.Count; rank++)
        {
            var (left, right) = pairs[rank];
            // A pair that is listed twice keeps its later rank, as in the tokenizers library.
            merges[Pair(IdOf(left, rank, pairs[rank]), IdOf(right, rank, pairs[rank]))] = (rank, IdOf(left + right, rank, pairs[rank]));
        }
        for (var b = 0; b < 256; b++)
            byteIds[b] = vocabulary.GetValueOrDefault(ByteAlphabet.Characters[b].ToString(), -1);
    }

    /// <summary>The tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    /// <summary>The tokens of one piece. Safe to call from several threads.</summary>
    public BpeWord Encode(ReadOnlySpan<char> piece)
    {
        if (piece.Length > CachedLength)
            return Merge(piece);
        var lookup = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(piece, out var known))
            return known;
        var word = Merge(piece);
        if (cache.Count < CacheLimit)
            cache.TryAdd(piece.ToString(), word);
        return word;
    }

    private BpeWord Merge(ReadOnlySpan<char> piece)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        try
        {
            var count = Encoding.UTF8.GetBytes(piece, bytes);
            return Merge(bytes.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private BpeWord Merge(ReadOnlySpan<byte> bytes)
    {
        if (wholeWordFirst)
        {
            var text = bytes.Length <= 256 ? stackalloc char[bytes.Length] : new char[bytes.Length];
            ByteAlphabet.Write(bytes, text);
            if (vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var whole))
                return new BpeWord([whole], [0, bytes.Length]);
        }
        var ids = new int[bytes.Length];
        var starts = new int[bytes.Length];
        var ends = new int[bytes.Length];
        var count = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var id = byteIds[bytes[i]];
            if (id < 0)
            {
                if (unknown < 0)
                    continue;
                if (fuseUnknown && count > 0 && ids[count - 1] == unknown && ends[count - 1] == i)
                {
                    ends[count - 1] = i + 1;
                    continue;
                }
                id = unknown;
            }
            (ids[count], starts[count], ends[count]) = (id, i, i + 1);
            count++;
        }
        count = count <= ShortPiece ? MergeShort(ids, starts, ends, count) : MergeLong(ids, starts, ends, count);
        var bounds = new int[2 * count];
        for (var i = 0; i < count; i++)
            (bounds[2 * i], bounds[2 * i + 1]) = (starts[i], ends[i]);
        return new BpeWord(ids[..count], bounds);
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

    private int IdOf(string token, int rank, (string Left, string Right) pair) => vocabulary.TryGetValue(token, out var id)
        ? id
        : throw new InvalidDataException($"tokenizer.json: merge {rank} ('{pair.Left}' with '{pair.Right}') needs the token '{token}', which the vocabulary lacks.");
}
