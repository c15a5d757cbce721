namespace ZephyrML.LanguageModels;

/// <summary>Tokens of a text as they are found: the ids, and the rest where it is wanted.</summary>
/// <param name="detailed">Whether offsets, texts, type ids and the mask are wanted beside the ids.</param>
/// <param name="typeId">The type of the tokens that are added without one.</param>
internal sealed class TokenList(bool detailed, int typeId = 0)
{
    public List<int> Ids { get; } = [];

    public List<(int Start, int End)> Offsets { get; } = [];

    /// <summary>The text of each token: as the vocabulary has it, or as it was found.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>Whether the post-processor added it.</summary>
    public List<bool> Added { get; } = [];

    public List<int> TypeIds { get; } = [];

    public bool Detailed => detailed;

    /// <summary>Adds a token of the text.</summary>
    public void Add(int id, int start, int end, string text) => Add(id, start, end, text, typeId, false);

    /// <summary>Adds a token.</summary>
    public void Add(int id, int start, int end, string text, int type, bool added)
    {
        Ids.Add(id);
        if (!detailed)
            return;
        Offsets.Add((start, end));
        Texts.Add(text);
        TypeIds.Add(type);
        Added.Add(added);
    }

    /// <summary>Adds the tokens of another list.</summary>
    public void AddRange(TokenList other)
    {
        Ids.AddRange(other.Ids);
        Offsets.AddRange(other.Offsets);
        Texts.AddRange(other.Texts);
        TypeIds.AddRange(other.TypeIds);
        Added.AddRange(other.Added);
    }

    /// <summary>The same, filled up.</summary>
    public TokenList Padded(PaddingLimits padding, int count)
    {
        var fill = new TokenList(detailed);
        for (var i = 0; i < count; i++)
            fill.Add(padding.Id, 0, 0, padding.Token, padding.TypeId, added: true);
        var (first, second) = padding.Left ? (fill, this) : (this, fill);
        var all = new TokenList(detailed);
        all.AddRange(first);
        all.AddRange(second);
        return all;
    }

    /// <summary>Keeps so many tokens from one on; the others go.</summary>
    public void Keep(int start, int count)
    {
        Cut(Ids);
        Cut(Offsets);
        Cut(Texts);
        Cut(Added);
        Cut(TypeIds);

        void Cut<T>(List<T> list)
        {
            if (list.Count == 0)
                return;
            list.RemoveRange(start + count, list.Count - start - count);
            list.RemoveRange(0, start);
        }
    }

    /// <summary>Gives all tokens one type.</summary>
    public void SetType(int type)
    {
        for (var i = 0; i < TypeIds.Count; i++)
            TypeIds[i] = type;
    }
}
