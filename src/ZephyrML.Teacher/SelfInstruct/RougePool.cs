namespace ZephyrML.Teacher;

/// <summary>Finds out whether an instruction is too like one of a pool: ROUGE-L F above a limit. An exact answer; most of the pool is ruled out by length and common words.</summary>
internal sealed class RougePool(double limit)
{
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly List<int[]> _texts = [];
    private readonly List<List<int>> _postings = [];                               // for each word, the texts that hold it, once for each time

    public void Add(string text)
    {
        var ids = RougeTokenizer.Tokenize(text).ConvertAll(w =>
        {
            if (!_words.TryGetValue(w, out var id))
            {
                _words[w] = id = _words.Count;
                _postings.Add([]);
            }
            return id;
        });
        foreach (var id in ids)
            _postings[id].Add(_texts.Count);
        _texts.Add([.. ids]);
    }

    public bool HasLike(string text)
    {
        var next = _words.Count;
        var ids = RougeTokenizer.Tokenize(text).ConvertAll(w => _words.TryGetValue(w, out var id) ? id : next++);
        var common = new Dictionary<int, int>();                                   // per text, an upper bound of the common words
        foreach (var word in ids.GroupBy(id => id))
        {
            if (word.Key >= _postings.Count)
                continue;
            var times = word.Count();
            var (previous, run) = (-1, 0);
            foreach (var other in _postings[word.Key])
            {
                run = other == previous ? run + 1 : 1;
                previous = other;
                if (run <= times)
                    common[other] = common.GetValueOrDefault(other) + 1;
            }
        }
        foreach (var (other, most) in common)
        {
            var target = _texts[other];
            if (RougeL.Of(most, target.Length, ids.Count).FMeasure > limit
                && RougeL.Of(LongestCommonSubsequence.Length(target, ids.ToArray()), target.Length, ids.Count).FMeasure > limit)
                return true;
        }
        return false;
    }
}
