namespace ZephyrML.LanguageModels;

/// <summary>Writes every byte of UTF-8 as a character of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelNormalizer : TextNormalizer
{
    public override NormalizedText Apply(NormalizedText text)
    {
        var rewriter = new TextRewriter(text);
        ByteAlphabet.Rewrite(text.Text, 0, text.Text.Length, rewriter);
        return rewriter.Finish();
    }
}
