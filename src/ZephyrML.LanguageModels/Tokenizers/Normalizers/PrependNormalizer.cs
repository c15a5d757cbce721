namespace ZephyrML.LanguageModels;

/// <summary>Puts a text in front of every stretch, which stands for the stretch's first character.</summary>
internal sealed class PrependNormalizer(string prefix) : TextNormalizer
{
    public override NormalizedText Apply(NormalizedText text)
    {
        if (text.Text.Length == 0 || text.Continues)
            return text;
        if (!text.Tracked)
            return text.Rewritten(prefix + text.Text, []);
        var rewriter = new TextRewriter(text);
        rewriter.Append(prefix, 0);
        rewriter.Copy(0, text.Text.Length);
        return rewriter.Finish();
    }
}
