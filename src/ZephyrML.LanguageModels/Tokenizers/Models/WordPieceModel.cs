namespace ZephyrML.LanguageModels;

/// <summary>BERT's WordPiece: from the left always the longest token that fits; a piece that is not made of tokens to its end is unknown as a whole.</summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly Dictionary<string, int> vocabulary;
    private readonly string unknown;
    private readonly string prefix;
    private readonly int maxCharacters;
    private readonly int longest;
    private readonly int unknownId;

    /// <param name="vocabulary">Tokens and their ids.</param>
    /// <param name="unknown">The token for pieces that are not made of others.</param>
    /// <param name="prefix">What tokens begin with that carry a word on.</param>
    /// <param name="maxCharacters">A piece of more characters is unknown.</param>
    public WordPieceModel(Dictionary<string, int> vocabulary, string unknown, string prefix, int maxCharacters)
    {
        this.vocabulary = vocabulary;
        this.unknown = unknown;
        this.prefix = prefix;
        this.maxCharacters = maxCharacters;
        longest = vocabulary.Keys.Select(t => t.Length).DefaultIfEmpty(0).Max();
        unknownId = vocabulary.GetValueOrDefault(unknown, -1);
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public override int Unknown => unknownId;

    protected override PieceTokens Tokenize(ReadOnlySpan<char> piece)
    {
        var characters = 0;
        foreach (var _ in piece.EnumerateRunes())
            characters++;
        var ids = new List<int>();
        var bounds = new List<int>();
        for (var start = 0; start < piece.Length && characters <= maxCharacters;)
        {
            var end = LongestFrom(piece, start, out var id);
            if (end < 0)
                break;
            ids.Add(id);
            bounds.AddRange([start, end]);
            start = end;
        }
        if (bounds.Count > 0 && bounds[^1] == piece.Length)
            return new PieceTokens([.. ids], [.. bounds]);
        return unknownId >= 0 ? new PieceTokens([unknownId], [0, piece.Length]) : throw MissingUnknown(unknown, piece);
    }

    private int LongestFrom(ReadOnlySpan<char> piece, int start, out int id)
    {
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var before = start > 0 ? prefix : "";
        var most = Math.Min(piece.Length - start, longest - before.Length);
        Span<char> token = most < 256 && before.Length < 256 ? stackalloc char[512] : new char[before.Length + Math.Max(most, 0)];
        before.CopyTo(token);
        for (var length = most; length > 0; length--)
        {
            if (start + length < piece.Length && char.IsLowSurrogate(piece[start + length]) && char.IsHighSurrogate(piece[start + length - 1]))
                continue;
            piece.Slice(start, length).CopyTo(token[before.Length..]);
            if (lookup.TryGetValue(token[..(before.Length + length)], out id))
                return start + length;
        }
        id = -1;
        return -1;
    }
}
