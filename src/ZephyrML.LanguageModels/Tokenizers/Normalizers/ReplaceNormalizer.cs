namespace ZephyrML.LanguageModels;

/// <summary>Replaces what matches a pattern. The new text stands for the last character of what it replaces.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : TextNormalizer
{
    public override NormalizedText Apply(NormalizedText text)
    {
        if (!text.Tracked && pattern.Replaced(text.Text, content) is { } replaced)
            return text.Rewritten(replaced, []);
        var matches = new List<(int Start, int End)>();
        pattern.Find(text.Text, matches);
        if (matches.Count == 0)
            return text;
        var rewriter = new TextRewriter(text);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            rewriter.Copy(done, start);
            rewriter.Append(content, end - 1);
            done = end;
        }
        rewriter.Copy(done, text.Text.Length);
        return rewriter.Finish();
    }
}
