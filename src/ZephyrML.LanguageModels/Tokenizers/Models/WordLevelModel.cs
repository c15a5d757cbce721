namespace ZephyrML.LanguageModels;

/// <summary>A piece is a token as a whole, or the unknown one.</summary>
/// <param name="vocabulary">Tokens and their ids.</param>
/// <param name="unknown">The token for all others.</param>
internal sealed class WordLevelModel(Dictionary<string, int> vocabulary, string unknown) : TokenModel
{
    private readonly int unknownId = vocabulary.GetValueOrDefault(unknown, -1);

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public override int Unknown => unknownId;

    protected override PieceTokens Tokenize(ReadOnlySpan<char> piece)
    {
        if (!vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out var id) && (id = unknownId) < 0)
            throw MissingUnknown(unknown, piece);
        return new PieceTokens([id], [0, piece.Length]);
    }
}
