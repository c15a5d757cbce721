namespace ZephyrML.LanguageModels;

/// <summary>A decoder: it turns the texts of tokens into text, part by part; what the last one leaves is put together.</summary>
internal abstract class TokenDecoder
{
    /// <summary>The parts decoded.</summary>
    public abstract List<string> Apply(List<string> parts);
}
