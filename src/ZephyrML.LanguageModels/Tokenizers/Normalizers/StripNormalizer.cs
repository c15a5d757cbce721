namespace ZephyrML.LanguageModels;

/// <summary>Cuts blanks off the ends of a stretch.</summary>
internal sealed class StripNormalizer(bool left, bool right) : TextNormalizer
{
    public override NormalizedText Apply(NormalizedText text)
    {
        var (start, end) = (0, text.Text.Length);
        while (left && start < end && CharClasses.IsSpace(text.Text[start]))
            start++;
        while (right && end > start && CharClasses.IsSpace(text.Text[end - 1]))
            end--;
        if (end - start == text.Text.Length)
            return text;
        var rewriter = new TextRewriter(text);
        rewriter.Copy(start, end);
        return rewriter.Finish();
    }
}
