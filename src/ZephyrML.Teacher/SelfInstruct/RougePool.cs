using System.Numerics;

namespace ZephyrML.Teacher;

/// <summary>
/// Finds out whether an instruction is too like one of a pool: ROUGE-L F above a limit. The answer is that of a scan, without one. With n and m words, an F above the
/// limit needs some number of common words; so the texts' rarest words (prefixes of n less that number, plus one, in one order for all) must have one in common
/// (Chaudhuri 2006), far enough from their ends (Xiao 2008), and only texts for which that holds are compared. The second occurrence of a word counts as another word.
/// In scripts without spaces a character is a word. For use by one thread at a time.
/// </summary>
public sealed class RougePool
{
    private const int FirstOrder = 1024;

    private readonly double _limit;
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Word, int Occurrence), int> _repeats = [];
    private readonly List<Text> _texts = [];
    private readonly List<int> _frequency = [];                                    // for each token, the texts that hold it
    private readonly List<List<Posting>> _postings = [];                           // for each token, the texts with it in their prefix
    private readonly List<int> _least = [];                                        // for each length, the fewest common words that can be enough
    private int[] _rank = [];                                                      // the order of the tokens known when it was made, rarest first
    private int _nextOrder = FirstOrder;
    private ulong[] _masks = [];
    private int[] _seen = [];
    private int _query;

    /// <summary>Makes an empty pool.</summary>
    /// <param name="limit">An F above this is too like; above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is another.</exception>
    public RougePool(double limit = 0.7)
    {
        if (!(limit is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "The limit must be above 0 and below 1.");
        _limit = limit;
    }

    /// <summary>How many texts are there.</summary>
    public int Count => _texts.Count;

    /// <summary>How many texts were compared word by word so far.</summary>
    public long Compared { get; private set; }

    /// <summary>Takes a text into the pool.</summary>
    public void Add(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int[] words = [.. RougeTokenizer.TokenizeAnyScript(text).Select(w =>
        {
            if (!_words.TryGetValue(w, out var id))
                _words[w] = id = NewToken();
            return id;
        })];
        var tokens = Tokens(words, add: true);
        foreach (var token in tokens)
            _frequency[token]++;
        _texts.Add(new(words, tokens));
        if (_texts.Count == _nextOrder)
            Reorder();
        else
            Index(_texts.Count - 1);
    }

    /// <summary>Whether a text of the pool has an F above the limit with this one.</summary>
    public bool HasLike(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int[] words = [.. RougeTokenizer.TokenizeAnyScript(text).Select(w => _words.TryGetValue(w, out var id) ? id : -1)];
        if (words.Length == 0)
            return false;
        var tokens = Tokens(words, add: false);
        Array.Sort(tokens, Compare);
        if (_seen.Length < _texts.Count)
            Array.Resize(ref _seen, Math.Max(_texts.Count, 2 * _seen.Length));
        _query++;
        var inTable = words.Length <= 64;
        var table = inTable ? null : new LongestCommonSubsequence(words);
        if (inTable)
            Fill(words);
        try
        {
            var prefix = words.Length - Least(words.Length) + 1;
            for (var i = 0; i < prefix; i++)
            {
                if (tokens[i] < 0)
                    continue;
                foreach (var (other, place) in _postings[tokens[i]])
                {
                    if (_seen[other] == _query)
                        continue;
                    _seen[other] = _query;
                    var target = _texts[other].Words;
                    var possible = Math.Min(words.Length - i, target.Length - place);
                    if (!IsAbove(possible, target.Length, words.Length))
                        continue;
                    Compared++;
                    if (IsAbove(table?.With(target) ?? Common(target, words.Length), target.Length, words.Length))
                        return true;
                }
            }
            return false;
        }
        finally
        {
            if (inTable)
                Clear(words);
        }
    }

    private bool IsAbove(int common, int target, int prediction) => RougeL.Of(common, target, prediction).FMeasure > _limit;

    private int NewToken()
    {
        _frequency.Add(0);
        _postings.Add([]);
        return _frequency.Count - 1;
    }

    /// <summary>A token for each word, another one for each further occurrence; -1 where the pool does not know it.</summary>
    private int[] Tokens(int[] words, bool add)
    {
        var tokens = (int[])words.Clone();
        for (var i = 1; i < words.Length; i++)
        {
            var before = words[i] < 0 ? 0 : words.AsSpan(0, i).Count(words[i]);
            if (before == 0)
                continue;
            if (!_repeats.TryGetValue((words[i], before), out tokens[i]))
                tokens[i] = add ? _repeats[(words[i], before)] = NewToken() : -1;
        }
        return tokens;
    }

    /// <summary>Rarest first: unknown tokens, then those that came after the order was made (the newest first), then by the order.</summary>
    private int Compare(int a, int b) => Key(a).CompareTo(Key(b));

    private int Key(int token) => token < 0 ? int.MinValue : token < _rank.Length ? _rank[token] : -token - 1;

    /// <summary>The fewest common words with which a text of this length can be above the limit, whatever the other's length.</summary>
    private int Least(int length)
    {
        while (_least.Count <= length)
        {
            var n = _least.Count;
            var other = 1;
            while (other < n && !IsAbove(other, other, n))                         // shorter ones could not be, with all their words
                other++;
            var common = other;
            while (common > 1 && IsAbove(common - 1, other, n))
                common--;
            _least.Add(common);
        }
        return _least[length];
    }

    private void Index(int number)
    {
        var text = _texts[number];
        Array.Sort(text.Tokens, Compare);
        var prefix = text.Words.Length == 0 ? 0 : text.Words.Length - Least(text.Words.Length) + 1;
        for (var place = 0; place < prefix; place++)
            _postings[text.Tokens[place]].Add(new(number, place));
    }

    /// <summary>Sorts all tokens by how many texts hold them, and indexes anew: each time that the pool has doubled.</summary>
    private void Reorder()
    {
        _nextOrder = 2 * _texts.Count;
        int[] order = [.. Enumerable.Range(0, _frequency.Count)];
        Array.Sort(order, (a, b) => _frequency[a] != _frequency[b] ? _frequency[a].CompareTo(_frequency[b]) : b.CompareTo(a));
        _rank = new int[order.Length];
        for (var i = 0; i < order.Length; i++)
            _rank[order[i]] = i;
        foreach (var posting in _postings)
            posting.Clear();
        for (var i = 0; i < _texts.Count; i++)
            Index(i);
    }

    /// <summary>For each word of the query, the places where it stands, as bits.</summary>
    private void Fill(int[] words)
    {
        if (_masks.Length < _frequency.Count)
            Array.Resize(ref _masks, Math.Max(_frequency.Count, 2 * _masks.Length));
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] >= 0)
                _masks[words[i]] |= 1UL << i;
        }
    }

    private void Clear(int[] words)
    {
        foreach (var word in words)
        {
            if (word >= 0)
                _masks[word] = 0;
        }
    }

    /// <summary>The longest common subsequence with the query whose masks are filled in (see <see cref="LongestCommonSubsequence"/>; one block).</summary>
    private int Common(int[] target, int length)
    {
        var v = ulong.MaxValue;
        foreach (var word in target)
        {
            var matched = v & _masks[word];
            v = (v + matched) | (v - matched);
        }
        return BitOperations.PopCount(~v & (ulong.MaxValue >> (64 - length)));
    }

    /// <param name="Words">In the text's order.</param>
    /// <param name="Tokens">Rarest first.</param>
    private sealed record Text(int[] Words, int[] Tokens);

    private readonly record struct Posting(int Text, int Place);
}
