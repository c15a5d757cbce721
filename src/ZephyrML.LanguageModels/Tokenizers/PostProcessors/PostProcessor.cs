namespace ZephyrML.LanguageModels;

/// <summary>A post-processor: it trims offsets, or puts special tokens around a text or a pair of texts.</summary>
internal abstract class PostProcessor
{
    /// <summary>Works on the parts that the text is made of so far, and says what it is made of then.</summary>
    public abstract IReadOnlyList<TokenList> Apply(IReadOnlyList<TokenList> parts, bool addSpecialTokens);

    /// <summary>How many tokens it adds to a text, or to a pair.</summary>
    public virtual int CountAdded(int texts) => 0;
}
