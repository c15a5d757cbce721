namespace ZephyrML.LanguageModels;

/// <summary>
/// Byte-pair encoding: a piece starts as one symbol a character (a byte, where the pre-tokenizer wrote bytes as characters), and of all neighbouring pairs the one that was
/// learnt first is merged, until none is left.
/// Microsoft.ML.Tokenizers' BpeTokenizer has neither <c>ignore_merges</c> nor linear-logarithmic time on long pieces, hence an own one.
/// </summary>
internal sealed class BpeModel : TokenModel
{
    private readonly Dictionary<string, int> vocabulary;
    private readonly BpeMerges merges;
    private readonly BpeSettings settings;
    private readonly WordStarts wordStarts;
    private readonly int[] latin = new int[0x180];
    private readonly Dictionary<int, int> characters = [];
    private readonly int[] bytes;
    private readonly TokenTrie? fixedTokens;

    /// <param name="vocabulary">Tokens and their ids.</param>
    /// <param name="merges">The pairs that merge.</param>
    /// <param name="settings">How to go about it.</param>
    /// <param name="fixedTokens">Tokens that are taken as they are, before all else, the longest first.</param>
    public BpeModel(Dictionary<string, int> vocabulary, BpeMerges merges, BpeSettings settings, TokenTrie? fixedTokens = null)
    {
        this.fixedTokens = fixedTokens;
        this.vocabulary = vocabulary;
        this.settings = settings;
        this.merges = merges;
        Array.Fill(latin, -1);
        foreach (var (token, id) in vocabulary)
        {
            if (token.Length is not (1 or 2) || CharClasses.At(token, 0) is var codePoint && CharClasses.Length(codePoint) != token.Length)
                continue;
            characters[codePoint] = id;
            if (codePoint < latin.Length)
                latin[codePoint] = id;
        }
        bytes = ByteTokens(vocabulary);
        wordStarts = settings.WholeWordFirst || settings.HasAffixes || settings.MissingUnknown is not null || fixedTokens is not null || (settings.Unknown < 0 && !(settings.ByteFallback && !bytes.Contains(-1)))
            ? WordStarts.None
            : new WordStarts(vocabulary, merges, bytes);
    }

    /// <summary>A model whose merges are given as texts.</summary>
    /// <exception cref="InvalidDataException">A merge names a token that the vocabulary lacks.</exception>
    public static BpeModel Create(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> pairs, BpeSettings settings)
    {
        var merges = new BpeMerges(pairs.Count);
        for (var rank = 0; rank < pairs.Count; rank++)
        {
            var (left, right) = pairs[rank];
            if (right.Length < settings.Prefix.Length)
                throw new InvalidDataException($"{TokenizerJson.FileName}: merge {rank} ('{left}' with '{right}') has a second part without the continuing_subword_prefix '{settings.Prefix}'.");
            merges.Add(IdOf(left, rank), IdOf(right, rank), rank, IdOf(left + right[settings.Prefix.Length..], rank));
        }
        return new BpeModel(vocabulary, merges, settings);

        int IdOf(string token, int rank) => vocabulary.TryGetValue(token, out var id)
            ? id
            : throw new InvalidDataException(
                $"{TokenizerJson.FileName}: merge {rank} ('{pairs[rank].Left}' with '{pairs[rank].Right}') needs the token '{token}', which the vocabulary lacks.");
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public override int Unknown => settings.Unknown;

    public override int NextCut(ReadOnlySpan<char> piece, int start) => wordStarts.Next(piece, start);

    protected override PieceTokens Tokenize(ReadOnlySpan<char> piece)
    {
        if (settings.WholeWordFirst && vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out var whole))
            return new PieceTokens([whole], [0, piece.Length]);
        var symbols = Symbols(piece);
        merges.Apply(ref symbols);
        var bounds = new int[2 * symbols.Count];
        for (var i = 0; i < symbols.Count; i++)
            (bounds[2 * i], bounds[2 * i + 1]) = (symbols.Starts[i], symbols.Ends[i]);
        return new PieceTokens(symbols.Ids[..symbols.Count], bounds);
    }

    private BpeSymbols Symbols(ReadOnlySpan<char> piece)
    {
        var symbols = new BpeSymbols(piece.Length);
        // An unknown token waits until the next character that is known; byte tokens do not make it go, as in the tokenizers library.
        (int Start, int End, int Bytes)? waiting = null;
        var gaps = false;
        for (var i = 0; i < piece.Length;)
        {
            if (fixedTokens is not null && SentencePieceTokenizer.Longest(fixedTokens, piece[i..]) is var (token, length) && length > 0)
            {
                Flush(ref symbols);
                symbols.Add(token, i, i + length);
                i += length;
                continue;
            }
            var codePoint = CharClasses.At(piece, i);
            var (start, end) = (i, i + CharClasses.Length(codePoint));
            i = end;
            var id = settings.HasAffixes ? Affixed(piece, start, end) : codePoint < latin.Length ? latin[codePoint] : characters.GetValueOrDefault(codePoint, -1);
            if (id >= 0)
            {
                Flush(ref symbols);
                symbols.Add(id, start, end);
            }
            else if (settings.ByteFallback && AddBytes(ref symbols, piece[start..end], start))
                gaps |= waiting is not null;
            else if (settings.Unknown < 0)
                gaps = settings.MissingUnknown is null ? true : throw MissingUnknown(settings.MissingUnknown, piece[start..end]);
            else if (waiting is { } before && settings.FuseUnknown)
                waiting = (before.Start, end, before.Bytes + System.Text.Encoding.UTF8.GetByteCount(piece[start..end]));
            else
            {
                Flush(ref symbols);
                waiting = (start, end, System.Text.Encoding.UTF8.GetByteCount(piece[start..end]));
            }
        }
        Flush(ref symbols);
        if (gaps)
            symbols.CloseGaps(piece);
        return symbols;

        void Flush(ref BpeSymbols all)
        {
            if (waiting is { } unknown)
                all.Add(settings.Unknown, unknown.Start, unknown.End, unknown.Bytes);
            waiting = null;
        }
    }

    private int Affixed(ReadOnlySpan<char> piece, int start, int end)
        => vocabulary.GetValueOrDefault(string.Concat(start > 0 ? settings.Prefix : "", piece[start..end], end == piece.Length ? settings.Suffix : ""), -1);

    private bool AddBytes(ref BpeSymbols symbols, ReadOnlySpan<char> character, int start)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var count = System.Text.Encoding.UTF8.GetBytes(character, utf8);
        for (var k = 0; k < count; k++)
        {
            if (bytes[utf8[k]] < 0)
                return false;
        }
        for (var k = 0; k < count; k++)
            symbols.Add(bytes[utf8[k]], start, start + character.Length, 1);
        return true;
    }
}
