using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Learns merges from words and how often each occurs.</summary>
internal sealed class BpeLearner
{
    private readonly List<string> tokens;
    private readonly Dictionary<string, int> ids = [];
    private readonly List<(string Left, string Right)> merges = [];
    private readonly List<Word> words = [];
    private readonly Dictionary<long, PairCount> pairs = [];
    private readonly PriorityQueue<long, (long NegativeCount, long Pair)> queue = new();
    private readonly int maxTokenLength;

    public BpeLearner(IEnumerable<string> startingTokens, int maxTokenLength)
    {
        tokens = [.. startingTokens];
        for (var id = 0; id < tokens.Count; id++)
            ids[tokens[id]] = id;
        this.maxTokenLength = maxTokenLength;
    }

    /// <summary>Tokens by id, written in <see cref="ByteAlphabet"/>.</summary>
    public IReadOnlyList<string> Tokens => tokens;

    public IReadOnlyList<(string Left, string Right)> Merges => merges;

    public void AddWord(string text, long count)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var word = new Word(Array.ConvertAll(bytes, b => ids[ByteAlphabet.Characters[b].ToString()]), count);
        for (var i = 0; i + 1 < word.Length; i++)
            Count(Pair(word.Ids[i], word.Ids[i + 1]), words.Count, count);
        words.Add(word);
    }

    public void Learn(int vocabularySize, long minFrequency, CancellationToken cancellationToken)
    {
        foreach (var (pair, found) in pairs)
            queue.Enqueue(pair, (-found.Count, pair));
        while (tokens.Count < vocabularySize && queue.TryDequeue(out var pair, out var priority))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = pairs[pair];
            if (found.Count != -priority.NegativeCount)
            {
                // Merges elsewhere have broken some of them up since: it waits for its turn.
                if (found.Count >= minFrequency)
                    queue.Enqueue(pair, (-found.Count, pair));
                continue;
            }
            if (found.Count < minFrequency)
                break;
            var (left, right) = ((int)(pair >> 32), (int)pair);
            if (tokens[left].Length + tokens[right].Length <= maxTokenLength)
                Merge(left, right, found);
        }
    }

    private void Merge(int left, int right, PairCount found)
    {
        var token = tokens[left] + tokens[right];
        // Two pairs can make one token: a+bc and ab+c.
        if (!ids.TryGetValue(token, out var id))
        {
            ids[token] = id = tokens.Count;
            tokens.Add(token);
        }
        merges.Add((tokens[left], tokens[right]));
        var changed = new HashSet<long>();
        foreach (var index in found.Words)
            MergeIn(index, left, right, id, changed);
        changed.Remove(Pair(left, right));
        foreach (var pair in changed)
            queue.Enqueue(pair, (-pairs[pair].Count, pair));
    }

    private void MergeIn(int index, int left, int right, int id, HashSet<long> changed)
    {
        var word = words[index];
        var kept = 0;
        for (var i = 0; i < word.Length; i++)
        {
            if (i + 1 == word.Length || word.Ids[i] != left || word.Ids[i + 1] != right)
            {
                word.Ids[kept++] = word.Ids[i];
                continue;
            }
            Count(Pair(left, right), index, -word.Count);
            if (kept > 0)
            {
                Count(Pair(word.Ids[kept - 1], left), index, -word.Count);
                Count(Pair(word.Ids[kept - 1], id), index, word.Count);
                changed.Add(Pair(word.Ids[kept - 1], id));
            }
            if (i + 2 < word.Length)
            {
                Count(Pair(right, word.Ids[i + 2]), index, -word.Count);
                Count(Pair(id, word.Ids[i + 2]), index, word.Count);
                changed.Add(Pair(id, word.Ids[i + 2]));
            }
            word.Ids[kept++] = id;
            i++;
        }
        word.Length = kept;
    }

    private void Count(long pair, int word, long count)
    {
        if (!pairs.TryGetValue(pair, out var found))
            pairs[pair] = found = new PairCount();
        found.Count += count;
        if (count > 0 && (found.Words.Count == 0 || found.Words[^1] != word))
            found.Words.Add(word);
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    private sealed class Word(int[] ids, long count)
    {
        public int[] Ids { get; } = ids;

        public long Count { get; } = count;

        public int Length { get; set; } = ids.Length;
    }

    private sealed class PairCount
    {
        public long Count { get; set; }

        /// <summary>Words that have, or had, the pair; a word may stand here more than once.</summary>
        public List<int> Words { get; } = [];
    }
}
