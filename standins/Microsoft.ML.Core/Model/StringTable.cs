namespace Microsoft.ML;

/// <summary>The strings of one model stream, each held once, by number.</summary>
internal sealed class StringTable
{
    private readonly Dictionary<string, int> _ids = [];
    private readonly List<string> _strings = [];

    public IReadOnlyList<string> Strings => _strings;

    public int Add(string s)
    {
        if (_ids.TryAdd(s, _strings.Count))
            _strings.Add(s);
        return _ids[s];
    }
}
