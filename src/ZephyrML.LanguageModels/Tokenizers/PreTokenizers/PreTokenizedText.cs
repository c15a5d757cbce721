namespace ZephyrML.LanguageModels;

/// <summary>A text and the pieces that it is cut into.</summary>
/// <param name="Text">The text.</param>
/// <param name="Pieces">Ranges of it, none empty.</param>
/// <param name="Splits">Whether splitting is asked for at all; rewriting always happens.</param>
internal sealed record PreTokenizedText(NormalizedText Text, List<(int Start, int End)> Pieces, bool Splits)
{
    /// <summary>The same text with each piece split further.</summary>
    public PreTokenizedText SplitBy(TextSplitter splitter)
    {
        if (!Splits)
            return this;
        var finer = new List<(int Start, int End)>(Pieces.Count);
        foreach (var (start, end) in Pieces)
            splitter.Split(Text.Text, start, end, finer);
        return this with { Pieces = finer };
    }
}
