namespace ZephyrML.LanguageModels;

/// <summary>A model: it makes tokens of the pieces that the pre-tokenizer leaves. Short pieces are remembered. Safe to use from several threads.</summary>
internal abstract class TokenModel
{
    private const int CachedLength = 64;
    private readonly PieceCache cache = new();

    /// <summary>The tokens and their ids.</summary>
    public abstract IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>What each id is written as.</summary>
    public virtual IEnumerable<KeyValuePair<string, int>> Tokens => Vocabulary;

    /// <summary>The token that stands for what is no token, or -1.</summary>
    public abstract int Unknown { get; }

    /// <summary>Whether an unknown token is shown as the text that it stands for.</summary>
    public virtual bool ShowsUnknownText => false;

    /// <summary>The tokens of one piece.</summary>
    public PieceTokens Encode(ReadOnlySpan<char> piece)
    {
        if (piece.Length > CachedLength)
            return Tokenize(piece);
        if (cache.Find(piece, out var hash) is { } known)
            return known;
        var tokens = Tokenize(piece);
        cache.Add(piece, hash, tokens);
        return tokens;
    }

    /// <summary>Where a piece may be cut behind <paramref name="start"/> without any change to its tokens: at the next such place, or at its end.</summary>
    public virtual int NextCut(ReadOnlySpan<char> piece, int start) => piece.Length;

    /// <summary>Makes the tokens of a piece.</summary>
    protected abstract PieceTokens Tokenize(ReadOnlySpan<char> piece);

    /// <summary>The error where a text needs an unknown token that is none.</summary>
    protected static InvalidDataException MissingUnknown(string token, ReadOnlySpan<char> piece)
        => new($"{TokenizerJson.FileName}: model.unk_token '{token}' is not in model.vocab, and '{(piece.Length > 40 ? string.Concat(piece[..40], "...") : piece)}' is no token.");

    /// <summary>Ids of the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, -1 for those that there are not.</summary>
    protected static int[] ByteTokens(IReadOnlyDictionary<string, int> vocabulary)
        => [.. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue($"<0x{b:X2}>", out var id) ? id : -1)];
}
