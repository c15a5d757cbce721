namespace ZephyrML.LanguageModels;

/// <summary>Puts special tokens around a text, or around the two of a pair.</summary>
/// <param name="single">What a text becomes.</param>
/// <param name="pair">What a pair becomes.</param>
internal sealed class TemplateProcessor(IReadOnlyList<TemplateProcessor.Piece> single, IReadOnlyList<TemplateProcessor.Piece> pair) : PostProcessor
{
    /// <summary>A piece of a template.</summary>
    /// <param name="Sequence">Which text it is, or -1 for special tokens.</param>
    /// <param name="TypeId">The type of its tokens.</param>
    /// <param name="Special">The special tokens.</param>
    internal sealed record Piece(int Sequence, int TypeId, IReadOnlyList<(int Id, string Text)> Special);

    /// <summary>A template that puts one token in front of each text and one behind it, where given.</summary>
    public static TemplateProcessor Around(IReadOnlyList<(int Id, string Text)> before, IReadOnlyList<(int Id, string Text)> after)
    {
        Piece[] One(int sequence) => [new(-1, sequence, before), new(sequence, sequence, []), new(-1, sequence, after)];
        return new TemplateProcessor(One(0), [.. One(0), .. One(1)]);
    }

    public override int CountAdded(int texts) => (texts == 1 ? single : pair).Sum(p => p.Special.Count);

    public override IReadOnlyList<TokenList> Apply(IReadOnlyList<TokenList> parts, bool addSpecialTokens)
    {
        if (parts.Count > 2)
            throw new NotSupportedException($"{TokenizerJson.FileName} has a second TemplateProcessing behind another, which is not supported.");
        var result = new List<TokenList>();
        foreach (var piece in parts.Count == 1 ? single : pair)
        {
            if (piece.Sequence >= 0)
            {
                var copy = new TokenList(parts[0].Detailed);
                copy.AddRange(parts[piece.Sequence]);
                copy.SetType(piece.TypeId);
                result.Add(copy);
                continue;
            }
            if (!addSpecialTokens || piece.Special.Count == 0)
                continue;
            var added = new TokenList(parts[0].Detailed);
            foreach (var (id, text) in piece.Special)
                added.Add(id, 0, 0, text, piece.TypeId, added: true);
            result.Add(added);
        }
        return result;
    }
}
