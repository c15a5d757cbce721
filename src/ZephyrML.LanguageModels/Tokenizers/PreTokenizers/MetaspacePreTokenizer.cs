namespace ZephyrML.LanguageModels;

/// <summary>SentencePiece's way with spaces: each becomes '▁', and one is put in front of text that begins with neither.</summary>
/// <param name="replacement">'▁' as a rule.</param>
/// <param name="scheme">Before which pieces one is put.</param>
/// <param name="split">Whether to split before each.</param>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : TextPreTokenizer
{
    private readonly TextSplitter splitter = new(TextPattern.Of(codePoint => codePoint == replacement), SplitBehavior.MergedWithNext);

    public override bool NeedsOrigins => scheme == PrependScheme.First;

    public override PreTokenizedText Apply(PreTokenizedText text)
    {
        var source = text.Text;
        var rewriter = new TextRewriter(source);
        var pieces = new List<(int Start, int End)>(text.Pieces.Count);
        foreach (var (start, end) in text.Pieces)
        {
            var begin = rewriter.Length;
            if (source.Text[start] != ' ' && source.Text[start] != replacement && Prepends(source, start))
                rewriter.Append(replacement, start);
            for (var i = start; i < end; i++)
                rewriter.Append(source.Text[i] == ' ' ? replacement : source.Text[i], i);
            pieces.Add((begin, rewriter.Length));
        }
        var result = text with { Text = rewriter.Finish(), Pieces = pieces };
        return split ? result.SplitBy(splitter) : result;
    }

    private bool Prepends(NormalizedText text, int start) => scheme switch
    {
        PrependScheme.Never => false,
        PrependScheme.First => text.IsTextStart(start),
        _ => !(text.Continues && start == 0),
    };
}
