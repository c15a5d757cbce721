using System.Buffers;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>How a <see cref="UnigramModel"/> goes about it.</summary>
/// <param name="Unknown">The id for characters that are no token, or -1 if there is none.</param>
/// <param name="ByteFallback">Whether unknown text becomes the tokens of its UTF-8 bytes, if there are such.</param>
/// <param name="SinglePrecision">Whether scores add up in single precision, as in SentencePiece itself.</param>
/// <param name="LowestScore">The score that unknown characters lie below; null: the lowest of all.</param>
internal sealed record UnigramSettings(int Unknown, bool ByteFallback, bool SinglePrecision, double? LowestScore = null);

/// <summary>
/// A unigram language model (Kudo 2018, arXiv 1804.10959): of all ways to cut a piece into tokens the one of the highest sum of scores, found by Viterbi's algorithm in
/// time linear in the piece.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> vocabulary = [];
    private readonly string[] texts;
    private readonly double[] scores;
    private readonly TokenTrie trie = new();
    private readonly UnigramSettings settings;
    private readonly double unknownScore;
    private readonly int[] bytes;

    /// <param name="tokens">Token and score by id.</param>
    /// <param name="settings">How to go about it.</param>
    /// <param name="found">Whether a token is to be found in text; null: all are.</param>
    public UnigramModel(IReadOnlyList<(string Token, double Score)> tokens, UnigramSettings settings, Func<int, bool>? found = null)
    {
        this.settings = settings;
        texts = [.. tokens.Select(t => t.Token)];
        scores = new double[tokens.Count];
        var lowest = double.PositiveInfinity;
        for (var id = 0; id < tokens.Count; id++)
        {
            vocabulary[tokens[id].Token] = id;
            scores[id] = tokens[id].Score;
            if (found is not null && !found(id))
                continue;
            trie.Add(tokens[id].Token, id);
            lowest = Math.Min(lowest, tokens[id].Score);
        }
        unknownScore = Round((settings.LowestScore ?? lowest) - UnknownPenalty);
        bytes = ByteTokens(vocabulary);
        Found = found;
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    // A token may be listed twice: text becomes the last of them.
    public override IEnumerable<KeyValuePair<string, int>> Tokens => texts.Select((text, id) => KeyValuePair.Create(text, id));

    public override int Unknown => settings.Unknown;

    public override bool ShowsUnknownText => true;

    private Func<int, bool>? Found { get; }

    protected override PieceTokens Tokenize(ReadOnlySpan<char> piece)
    {
        var best = ArrayPool<double>.Shared.Rent(piece.Length + 1);
        var from = ArrayPool<int>.Shared.Rent(piece.Length + 1);
        var last = ArrayPool<int>.Shared.Rent(piece.Length + 1);
        try
        {
            FindBest(piece, best, from.AsSpan(0, piece.Length + 1), last);
            var cuts = new List<(int Start, int End, int Id)>();
            for (var end = piece.Length; end > 0; end = from[end])
            {
                // A run of unknown characters is one token.
                if (last[end] == settings.Unknown && cuts.Count > 0 && cuts[^1].Id == settings.Unknown)
                    cuts[^1] = (from[end], cuts[^1].End, settings.Unknown);
                else
                    cuts.Add((from[end], end, last[end]));
            }
            cuts.Reverse();
            return Result(piece, cuts);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(best);
            ArrayPool<int>.Shared.Return(from);
            ArrayPool<int>.Shared.Return(last);
        }
    }

    private void FindBest(ReadOnlySpan<char> piece, double[] best, Span<int> from, int[] last)
    {
        from.Fill(-1);
        best[0] = 0;
        for (var start = 0; start < piece.Length;)
        {
            var length = CharClasses.Length(CharClasses.At(piece, start));
            var single = false;
            var node = 0;
            for (var end = start + 1; end <= piece.Length && trie.Step(ref node, piece[end - 1], out var id); end++)
            {
                if (id < 0)
                    continue;
                Offer(start, end, id, scores[id] + best[start], best, from, last);
                single |= end - start == length;
            }
            if (!single)
            {
                if (settings.Unknown < 0)
                    throw new InvalidDataException($"The Unigram model has no unknown token (unk_id) and no token for '{piece.Slice(start, length)}' (U+{CharClasses.At(piece, start):X4}).");
                Offer(start, start + length, settings.Unknown, Round(unknownScore + best[start]), best, from, last);
            }
            start += length;
        }
    }

    // SentencePiece compares what is not rounded with what is.
    private void Offer(int start, int end, int id, double total, double[] best, Span<int> from, int[] last)
    {
        if (from[end] >= 0 && total <= best[end])
            return;
        (best[end], from[end], last[end]) = (Round(total), start, id);
    }

    private PieceTokens Result(ReadOnlySpan<char> piece, List<(int Start, int End, int Id)> cuts)
    {
        var ids = new List<int>(cuts.Count);
        var bounds = new List<int>(2 * cuts.Count);
        foreach (var (start, end, cut) in cuts)
        {
            var id = cut;
            // What was cut as unknown may be written like a token (several fused, or the unknown token itself).
            if (id == settings.Unknown && vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece[start..end], out var written) && Found?.Invoke(written) != false)
                id = written;
            else if (id == settings.Unknown && settings.ByteFallback && AddBytes(piece[start..end]))
            {
                for (var i = bounds.Count / 2; i < ids.Count; i++)
                    bounds.AddRange([start, end]);
                continue;
            }
            ids.Add(id);
            bounds.AddRange([start, end]);
        }
        return new PieceTokens([.. ids], [.. bounds]);

        bool AddBytes(ReadOnlySpan<char> unknown)
        {
            var utf8 = new byte[Encoding.UTF8.GetByteCount(unknown)];
            Encoding.UTF8.GetBytes(unknown, utf8);
            if (utf8.Any(b => bytes[b] < 0))
                return false;
            ids.AddRange(utf8.Select(b => bytes[b]));
            return true;
        }
    }

    private double Round(double value) => settings.SinglePrecision ? (float)value : value;
}
