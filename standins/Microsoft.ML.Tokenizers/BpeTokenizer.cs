using System.Buffers;
using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>Byte-pair encoding, over characters or over bytes.</summary>
public sealed class BpeTokenizer : Tokenizer
{
    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<int, string> tokens;
    private readonly Dictionary<int, string> specialById;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> merges = [];
    private readonly PreTokenizer preTokenizer;
    private readonly Normalizer? normalizer;
    private readonly int? unknown;
    private readonly string? endOfSentenceToken;

    private BpeTokenizer(BpeOptions options)
    {
        vocabulary = new Dictionary<string, int>(options.Vocabulary);
        if (vocabulary.Count == 0)
            throw new InvalidOperationException("The vocabulary cannot be empty.");
        tokens = vocabulary.ToDictionary(t => t.Value, t => t.Key);
        SpecialTokens = options.SpecialTokens;
        specialById = options.SpecialTokens?.ToDictionary(t => t.Value, t => t.Key) ?? [];
        ByteLevel = options.ByteLevel;
        ContinuingSubwordPrefix = options.ContinuingSubwordPrefix;
        EndOfWordSuffix = options.EndOfWordSuffix;
        FuseUnknownTokens = options.FuseUnknownTokens;
        UnknownToken = options.UnknownToken;
        if (UnknownToken is not null)
            unknown = vocabulary.TryGetValue(UnknownToken, out var id) ? id : throw new InvalidOperationException($"Unknown Token '{UnknownToken}' was not present in 'Vocabulary'.");
        BeginningOfSentenceToken = options.BeginningOfSentenceToken;
        endOfSentenceToken = options.EndOfSentenceToken;
        foreach (var token in new[] { BeginningOfSentenceToken, endOfSentenceToken })
        {
            if (token is not null && IdOf(token) is null)
                throw new InvalidOperationException($"The sentence token '{token}' was not present in the vocabulary.");
        }
        preTokenizer = options.PreTokenizer ?? PreTokenizer.CreateWordOrNonWord();
        normalizer = options.Normalizer;
        var rank = 0;
        foreach (var merge in options.Merges ?? [])
            AddMerge(merge, rank++);
    }

    public bool ByteLevel { get; }

    public string? BeginningOfSentenceToken { get; }

    public string? ContinuingSubwordPrefix { get; }

    public string? EndOfWordSuffix { get; }

    public bool FuseUnknownTokens { get; }

    public string? UnknownToken { get; }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; }

    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public override PreTokenizer? PreTokenizer => preTokenizer;

    public override Normalizer? Normalizer => normalizer;

    public static BpeTokenizer Create(BpeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new BpeTokenizer(options);
    }

    public static BpeTokenizer Create(string vocabFile, string? mergesFile) => Create(new BpeOptions(vocabFile, mergesFile));

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var source = text ?? textSpan.ToString();
        if (source.Length == 0)
            return new() { Tokens = [] };
        string? normalized = null;
        if (settings.ConsiderNormalization && normalizer is not null)
            source = normalized = normalizer.Normalize(source);
        var found = new List<EncodedToken>();
        if (BeginningOfSentenceToken is not null)
            found.Add(new EncodedToken(IdOf(BeginningOfSentenceToken)!.Value, BeginningOfSentenceToken, new Range(0, 0)));
        foreach (var (offset, length) in settings.ConsiderPreTokenization ? preTokenizer.PreTokenize(source) : [(0, source.Length)])
            EncodePiece(source.AsSpan(offset, length), offset, found);
        if (endOfSentenceToken is not null)
            found.Add(new EncodedToken(IdOf(endOfSentenceToken)!.Value, endOfSentenceToken, new Range(source.Length, source.Length)));
        return new() { Tokens = found, NormalizedText = normalized, CharsConsumed = source.Length };
    }

    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        if (settings.MaxTokenCount <= 0)
            throw new ArgumentOutOfRangeException(nameof(settings.MaxTokenCount), "The maximum number of tokens must be greater than zero.");
        var all = EncodeToTokens(text, textSpan, settings);
        var count = Math.Min(all.Tokens.Count, settings.MaxTokenCount);
        // What has been consumed ends where the first token begins that has not.
        var consumed = count < all.Tokens.Count ? all.Tokens[count].Offset.Start.Value : all.CharsConsumed;
        return new() { Tokens = [.. all.Tokens.Take(count).Select(t => t.Id)], NormalizedText = all.NormalizedText, CharsConsumed = consumed };
    }

    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) => EncodeToIds(text, textSpan, settings).Tokens.Count;

    public override string Decode(IEnumerable<int> ids) => Decode(ids, true);

    public string Decode(IEnumerable<int> ids, bool considerSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ByteLevel)
        {
            var bytes = new List<byte>();
            foreach (var id in ids)
            {
                if (specialById.ContainsKey(id) && !considerSpecialTokens)
                    continue;
                if (TextOf(id) is { } token)
                    ByteCharacters.Read(token, bytes);
            }
            return Encoding.UTF8.GetString([.. bytes]);
        }
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            if (considerSpecialTokens || !(specialById.ContainsKey(id) || id == unknown))
                text.Append(specialById.GetValueOrDefault(id) ?? tokens.GetValueOrDefault(id));
        }
        var result = text.ToString();
        if (EndOfWordSuffix is { Length: > 0 })
            result = (result.EndsWith(EndOfWordSuffix, StringComparison.Ordinal) ? result[..^EndOfWordSuffix.Length] : result).Replace(EndOfWordSuffix, " ");
        return ContinuingSubwordPrefix is { Length: > 0 } ? result.Replace(ContinuingSubwordPrefix, "") : result;
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
        => Decode(ids, destination, true, out idsConsumed, out charsWritten);

    public OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, bool considerSpecialTokens, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        idsConsumed = charsWritten = 0;
        var pending = new List<int>();
        foreach (var id in ids)
        {
            if (ByteLevel && TextOf(id) is null)
                return OperationStatus.InvalidData;
            pending.Add(id);
            var text = Decode(pending, considerSpecialTokens);
            if (ByteLevel && text.EndsWith('\uFFFD'))
                continue;
            if (!text.TryCopyTo(destination[charsWritten..]))
                return OperationStatus.DestinationTooSmall;
            charsWritten += text.Length;
            idsConsumed += pending.Count;
            pending.Clear();
        }
        return OperationStatus.Done;
    }

    private void AddMerge(string merge, int rank)
    {
        if (merge?.Split(' ') is not [{ Length: > 0 } left, { Length: > 0 } right])
            throw new InvalidOperationException("Invalid merger file format");
        var whole = left + right[(ContinuingSubwordPrefix?.Length ?? 0)..];
        merges.Add((Existing(left), Existing(right)), (rank, Existing(whole)));

        int Existing(string token) => vocabulary.TryGetValue(token, out var id)
            ? id
            : throw new InvalidOperationException($"Trying to merge a token '{token}' which not exist in the vocabulary.");
    }

    private int? IdOf(string token)
        => vocabulary.TryGetValue(token, out var id) || SpecialTokens?.TryGetValue(token, out id) == true ? id : null;

    private string? TextOf(int id) => specialById.GetValueOrDefault(id) ?? tokens.GetValueOrDefault(id);

    private void EncodePiece(ReadOnlySpan<char> piece, int offset, List<EncodedToken> found)
    {
        if (SpecialTokens?.TryGetValue(piece.ToString(), out var special) == true)
        {
            found.Add(new EncodedToken(special, specialById[special], new Range(offset, offset + piece.Length)));
            return;
        }
        var (text, units) = ByteLevel ? ByteCharacters.Write(piece) : (piece.ToString(), [.. Enumerable.Range(0, piece.Length)]);
        var at = 0;
        foreach (var (id, length) in Merge(Symbols(text)))
        {
            found.Add(new EncodedToken(id, tokens[id], new Range(offset + units[at], offset + units[at + length - 1] + 1)));
            at += length;
        }
    }

    // Characters as tokens; one that is none is the unknown token, or nothing at all.
    private List<(int Id, int Length)> Symbols(string text)
    {
        var symbols = new List<(int Id, int Length)>();
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsSurrogatePair(text, i < text.Length - 1 ? i : 0) && i < text.Length - 1 ? 2 : 1;
            var symbol = (i > 0 ? ContinuingSubwordPrefix : null) + text.Substring(i, length) + (i + length == text.Length ? EndOfWordSuffix : null);
            if (vocabulary.TryGetValue(symbol, out var id))
                symbols.Add((id, length));
            else if (unknown is { } missing && FuseUnknownTokens && symbols is [.., var last] && last.Id == missing)
                symbols[^1] = (missing, last.Length + length);
            else if (unknown is { } alone)
                symbols.Add((alone, length));
            i += length;
        }
        return symbols;
    }

    private List<(int Id, int Length)> Merge(List<(int Id, int Length)> symbols)
    {
        while (true)
        {
            var best = (Rank: int.MaxValue, Id: 0, At: -1);
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                if (merges.TryGetValue((symbols[i].Id, symbols[i + 1].Id), out var merge) && merge.Rank < best.Rank)
                    best = (merge.Rank, merge.Id, i);
            }
            if (best.At < 0)
                return symbols;
            symbols[best.At] = (best.Id, symbols[best.At].Length + symbols[best.At + 1].Length);
            symbols.RemoveAt(best.At + 1);
        }
    }
}
