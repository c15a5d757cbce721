namespace ZephyrML.Teacher;

/// <summary>
/// Finds out whether an instruction is too like one of a pool: ROUGE-L F above a limit. The answer is exact, without a scan: an F above t needs more than
/// n·t/(2 − t) common words, n being the new instruction's; so at least one of its rarest n − o + 1 words, o being that number, stands in every text that is
/// too like, and only the texts that hold one of these are compared.
/// </summary>
internal sealed class RougePool(double limit)
{
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly List<int[]> _texts = [];
    private readonly List<List<int>> _postings = [];                               // for each word, the texts that hold it

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
        {
            if (_postings[id] is var posting && (posting.Count == 0 || posting[^1] != _texts.Count))
                posting.Add(_texts.Count);
        }
        _texts.Add([.. ids]);
    }

    public bool HasLike(string text)
    {
        var next = _words.Count;
        int[] ids = [.. RougeTokenizer.Tokenize(text).Select(w => _words.TryGetValue(w, out var id) ? id : next++)];
        if (ids.Length == 0)
            return false;
        var needed = (int)Math.Floor(limit * ids.Length / (2 - limit) - 1e-9) + 1;
        var rarest = ids.OrderBy(id => id < _postings.Count ? _postings[id].Count : 0).Take(ids.Length - needed + 1).Distinct();
        var compared = new HashSet<int>();
        var common = new LongestCommonSubsequence(ids);
        foreach (var word in rarest)
        {
            if (word >= _postings.Count)
                continue;
            foreach (var other in _postings[word])
            {
                var target = _texts[other];
                if (RougeL.Of(Math.Min(ids.Length, target.Length), target.Length, ids.Length).FMeasure > limit && compared.Add(other)
                    && RougeL.Of(common.With(target), target.Length, ids.Length).FMeasure > limit)
                    return true;
            }
        }
        return false;
    }
}
