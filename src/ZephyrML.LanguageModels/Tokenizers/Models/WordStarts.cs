using System.Buffers;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Where text of a SentencePiece BPE may be cut into words without any change to its tokens: before a '▁' whose character before it is never merged with it.
/// So words can be remembered, and text of any length takes linear time, although such a tokenizer has no pre-tokenizer.
/// </summary>
internal sealed class WordStarts
{
    private const char Space = '▁';
    private readonly SearchValues<char>? joined;

    private WordStarts()
    {
    }

    public WordStarts(Dictionary<string, int> vocabulary, BpeMerges merges, int[] byteTokens)
    {
        if (!vocabulary.ContainsKey(Space.ToString()))
            return;
        var texts = vocabulary.ToLookup(t => t.Value, t => t.Key);
        var notText = byteTokens.Where(id => id >= 0).ToHashSet();
        var before = new HashSet<char>();
        foreach (var (left, right) in merges.Pairs)
        {
            // A merge of byte tokens does not show in the text which characters it joins.
            if (notText.Contains(left) || notText.Contains(right))
                return;
            if (texts[right].Any(t => t.StartsWith(Space)))
                before.UnionWith(texts[left].Where(t => t.Length > 0).Select(t => t[^1]));
        }
        joined = SearchValues.Create([.. before]);
    }

    /// <summary>For text that may not be cut.</summary>
    public static WordStarts None { get; } = new();

    /// <summary>The next place behind <paramref name="start"/> to cut at, or the end.</summary>
    public int Next(ReadOnlySpan<char> piece, int start)
    {
        if (joined is null)
            return piece.Length;
        for (var at = start + 1; at < piece.Length; at++)
        {
            var step = piece[at..].IndexOf(Space);
            if (step < 0)
                break;
            at += step;
            if (!joined.Contains(piece[at - 1]))
                return at;
        }
        return piece.Length;
    }
}
