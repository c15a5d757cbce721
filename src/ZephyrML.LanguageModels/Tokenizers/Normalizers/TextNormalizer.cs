namespace ZephyrML.LanguageModels;

/// <summary>A normalizer: it rewrites a stretch of text and keeps track of where each character comes from.</summary>
internal abstract class TextNormalizer
{
    /// <summary>The text rewritten.</summary>
    public abstract NormalizedText Apply(NormalizedText text);
}
