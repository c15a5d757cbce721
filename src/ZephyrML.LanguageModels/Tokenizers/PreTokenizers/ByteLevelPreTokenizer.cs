namespace ZephyrML.LanguageModels;

/// <summary>GPT-2's: a space in front where wanted, its split where wanted, and then every byte of UTF-8 as a character of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool split) : TextPreTokenizer
{
    private readonly TextSplitter splitter = new(SplitPattern.Parse(SplitPattern.Gpt2), SplitBehavior.Isolated);

    public override PreTokenizedText Apply(PreTokenizedText text)
    {
        if (addPrefixSpace)
            text = Prefix(text);
        if (split)
            text = text.SplitBy(splitter);
        return Bytes(text);
    }

    private static PreTokenizedText Prefix(PreTokenizedText text)
    {
        var source = text.Text;
        var rewriter = new TextRewriter(source);
        var pieces = new List<(int Start, int End)>(text.Pieces.Count);
        foreach (var (start, end) in text.Pieces)
        {
            var begin = rewriter.Length;
            if (source.Text[start] != ' ' && !(source.Continues && start == 0))
                rewriter.Append(' ', start);
            rewriter.Copy(start, end);
            pieces.Add((begin, rewriter.Length));
        }
        return text with { Text = rewriter.Finish(), Pieces = pieces };
    }

    private static PreTokenizedText Bytes(PreTokenizedText text)
    {
        var source = text.Text;
        var rewriter = new TextRewriter(source);
        var pieces = new List<(int Start, int End)>(text.Pieces.Count);
        foreach (var (start, end) in text.Pieces)
        {
            var begin = rewriter.Length;
            ByteAlphabet.Rewrite(source.Text, start, end, rewriter);
            pieces.Add((begin, rewriter.Length));
        }
        return text with { Text = rewriter.Finish(), Pieces = pieces };
    }
}
