using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Makes a tokenizer of a <see cref="SentencePieceFile"/>.</summary>
internal static class SentencePieceTokenizer
{
    /// <summary>
    /// With a configuration: as transformers uses such a file, so that control pieces written in a text are found and decoded, and a BPE model (Llama, Mistral) puts the
    /// begin-of-sequence token in front. Without: exactly as SentencePiece itself does.
    /// </summary>
    public static TokenizerDefinition Define(SentencePieceFile file, TokenizerConfig? config)
    {
        var bos = file.Pieces.ToList().FindIndex(p => p.Kind == PieceKind.Control && p.Text == (config?.BosToken ?? file.BosPiece));
        return new TokenizerDefinition
        {
            Normalizer = new SentencePieceNormalizer(file),
            PreTokenizer = null,
            Model = file.IsBpe ? Bpe(file) : Unigram(file),
            PostProcessor = config is not null && file.IsBpe && bos >= 0 ? TemplateProcessor.Around([(bos, file.Pieces[bos].Text)], []) : null,
            Decoder = config is null ? new SentencePieceDecoder(file) : LlamaDecoder(file),
            AddedTokens = config is null ? [] : [.. Special(file)],
        };
    }

    /// <summary>The pieces that are found in text before anything else, or null if there are none.</summary>
    public static TokenTrie? UserDefined(SentencePieceFile file)
    {
        TokenTrie? trie = null;
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            if (file.Pieces[id].Kind == PieceKind.UserDefined)
                (trie ??= new TokenTrie()).Add(file.Pieces[id].Text, id);
        }
        return trie;
    }

    /// <summary>The longest token that a text begins with, and its length; 0 if there is none.</summary>
    public static (int Id, int Length) Longest(TokenTrie trie, ReadOnlySpan<char> text)
    {
        var found = (-1, 0);
        var node = 0;
        for (var end = 1; end <= text.Length && trie.Step(ref node, text[end - 1], out var id); end++)
        {
            if (id >= 0)
                found = (id, end);
        }
        return found;
    }

    private static IEnumerable<AddedToken> Special(SentencePieceFile file) => file.Pieces
        .Select((piece, id) => (piece, id))
        .Where(p => p.piece.Kind is PieceKind.Control or PieceKind.Unknown)
        .Select(p => new AddedToken(p.id, p.piece.Text, false, false, false, false, true));

    // Whatever two symbols together are a piece merge, by the score of that piece; pieces of equal score from left to right.
    private static TokenModel Bpe(SentencePieceFile file)
    {
        var vocabulary = Vocabulary(file);
        if (file.Pieces.Any(p => p.Kind == PieceKind.Unused))
            return new UnusedPieceModel(file, vocabulary);
        var normal = new Dictionary<string, int>();
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            if (file.Pieces[id].Kind == PieceKind.Normal)
                normal[file.Pieces[id].Text] = id;
        }
        var ranks = normal.Values.Select(id => file.Pieces[id].Score).Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(r => r.score, r => r.rank);
        var merges = new BpeMerges(2 * normal.Count);
        var lookup = normal.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (text, id) in normal)
        {
            for (var cut = 1; cut < text.Length; cut++)
            {
                if (lookup.TryGetValue(text.AsSpan(0, cut), out var left) && lookup.TryGetValue(text.AsSpan(cut), out var right))
                    merges.Add(left, right, ranks[file.Pieces[id].Score], id);
            }
        }
        return new BpeModel(vocabulary, merges, new BpeSettings(false, file.Unknown, true, file.ByteFallback), UserDefined(file));
    }

    private static UnigramModel Unigram(SentencePieceFile file)
    {
        var normal = file.Pieces.Where(p => p.Kind == PieceKind.Normal).Select(p => p.Score).DefaultIfEmpty(0).ToList();
        var highest = normal.Max();
        var tokens = file.Pieces.Select(p => (p.Text, p.Kind == PieceKind.UserDefined ? (double)(Encoding.UTF8.GetByteCount(p.Text) * highest) - 0.1 : p.Score)).ToList();
        var settings = new UnigramSettings(file.Unknown, file.ByteFallback, SinglePrecision: true, LowestScore: normal.Min());
        return new UnigramModel(tokens, settings, id => file.Pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined);
    }

    private static Dictionary<string, int> Vocabulary(SentencePieceFile file)
    {
        var vocabulary = new Dictionary<string, int>();
        for (var id = 0; id < file.Pieces.Count; id++)
        {
            if (!vocabulary.TryAdd(file.Pieces[id].Text, id))
                throw new InvalidDataException($"{SentencePieceFile.FileName}: piece {id} is '{file.Pieces[id].Text}', as is piece {vocabulary[file.Pieces[id].Text]}.");
        }
        return vocabulary;
    }

    private static DecoderSequence LlamaDecoder(SentencePieceFile file)
    {
        List<TokenDecoder> steps = [new ReplaceDecoder(TextPattern.Of("▁"), " "), new ByteFallbackDecoder(), new FuseDecoder()];
        if (file.AddDummyPrefix)
            steps.Add(new StripDecoder(" ", 1, 0));
        return new DecoderSequence(steps);
    }
}
