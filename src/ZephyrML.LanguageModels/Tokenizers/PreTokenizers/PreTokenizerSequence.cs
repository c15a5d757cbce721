namespace ZephyrML.LanguageModels;

/// <summary>One pre-tokenizer after the other.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<TextPreTokenizer> steps) : TextPreTokenizer
{
    public override bool NeedsOrigins => steps.Any(s => s.NeedsOrigins);

    public override PreTokenizedText Apply(PreTokenizedText text)
    {
        foreach (var step in steps)
            text = step.Apply(text);
        return text;
    }
}
