namespace ZephyrML.LanguageModels;

/// <summary>A pre-tokenizer: it cuts pieces into smaller ones, which the model sees one by one, and may rewrite them.</summary>
internal abstract class TextPreTokenizer
{
    /// <summary>Whether it looks at where the text comes from, so that origins must be kept.</summary>
    public virtual bool NeedsOrigins => false;

    /// <summary>The pieces cut further.</summary>
    public abstract PreTokenizedText Apply(PreTokenizedText text);
}
