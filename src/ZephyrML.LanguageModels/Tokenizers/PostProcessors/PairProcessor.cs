namespace ZephyrML.LanguageModels;

/// <summary>BERT's and RoBERTa's: a class token in front, a separator behind each text.</summary>
/// <param name="cls">The token in front.</param>
/// <param name="sep">The separator.</param>
/// <param name="roberta">RoBERTa's way: a second separator before the second text, and all of type 0.</param>
/// <param name="trim">What trims offsets first, if anything does.</param>
internal sealed class PairProcessor((int Id, string Text) cls, (int Id, string Text) sep, bool roberta, ByteLevelPostProcessor? trim) : PostProcessor
{
    public override IReadOnlyList<TokenList> Apply(IReadOnlyList<TokenList> parts, bool addSpecialTokens)
    {
        parts = trim?.Apply(parts, addSpecialTokens) ?? parts;
        if (roberta)
        {
            foreach (var part in parts)
                part.SetType(0);
        }
        return addSpecialTokens ? [.. parts.Select(Framed)] : parts;
    }

    public override int CountAdded(int texts) => texts == 2 ? (roberta ? 4 : 3) : 2;

    private TokenList Framed(TokenList part, int index)
    {
        var type = index > 0 && !roberta ? 1 : 0;
        var all = new TokenList(part.Detailed);
        if (index == 0)
            all.Add(cls.Id, 0, 0, cls.Text, type, added: true);
        else if (roberta)
            all.Add(sep.Id, 0, 0, sep.Text, type, added: true);
        all.AddRange(part);
        all.Add(sep.Id, 0, 0, sep.Text, type, added: true);
        return all;
    }
}
