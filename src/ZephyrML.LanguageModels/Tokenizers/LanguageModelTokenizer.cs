using System.Collections.Frozen;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A tokenizer read from and written to Hugging Face's <c>tokenizer.json</c> and <c>tokenizer_config.json</c> (byte-level BPE, BPE with byte fallback, Unigram), or
/// SentencePiece's <c>tokenizer.model</c>. It gives the ids, offsets and texts of the tokenizers library, and is a Microsoft.ML.Tokenizers <see cref="Tokenizer"/> too.
/// Safe to use from several threads.
/// </summary>
public sealed partial class LanguageModelTokenizer : Tokenizer
{
    private readonly byte[] source;
    private readonly string sourceName;
    private readonly TokenizerConfig config;
    private readonly TokenizerDefinition definition;
    private readonly TokenizerEncoder encoder;
    private readonly PostProcessor? postProcessor;
    private readonly Dictionary<string, int> addedIds;
    private readonly string?[] tokens;
    private readonly byte[]?[]? tokenBytes;
    private readonly FrozenSet<int> specialIds;
    private readonly FrozenSet<int> addedTokenIds;
    private readonly int[] before;

    private LanguageModelTokenizer(byte[] source, string sourceName, TokenizerConfig config, TokenizerDefinition definition)
    {
        this.source = source;
        this.sourceName = sourceName;
        this.config = config;
        this.definition = definition;
        encoder = new TokenizerEncoder(definition, id => IdToToken(id) ?? "");
        addedIds = [];
        foreach (var token in definition.AddedTokens)
            addedIds.TryAdd(token.Content, token.Id);
        addedTokenIds = definition.AddedTokens.Select(t => t.Id).ToFrozenSet();
        VocabularySize = 1 + Math.Max(
            definition.Model.Vocabulary.Count == 0 ? -1 : definition.Model.Vocabulary.Values.Max(),
            definition.AddedTokens.Count == 0 ? -1 : definition.AddedTokens.Max(t => t.Id));
        tokens = new string?[VocabularySize];
        foreach (var (token, id) in definition.Model.Tokens)
            tokens[id] = token;
        foreach (var token in definition.AddedTokens)
            tokens[token.Id] = definition.TextOf(token);
        // As in the tokenizers library, what a token is written as tells whether decoding leaves it out.
        var special = definition.AddedTokens.Where(t => t.Special).Select(t => t.Content).ToHashSet();
        specialIds = definition.AddedTokens.Select(t => t.Id).Where(id => special.Contains(tokens[id]!)).ToFrozenSet();
        if (definition.Decoder is ByteLevelDecoder)
            tokenBytes = [.. tokens.Select(token => token is null ? null : ByteLevelDecoder.Bytes(token))];
        BosTokenId = SpecialId(config.BosToken, "bos_token");
        EosTokenId = SpecialId(config.EosToken, "eos_token");
        PadTokenId = SpecialId(config.PadToken, "pad_token");
        UnkTokenId = SpecialId(config.UnkToken, "unk_token");
        postProcessor = WithConfiguredTokens(definition.PostProcessor);
        before = Around(postProcessor).Before;
        ChatTemplateName = ChatTemplateRecognizer.Recognize(config.ChatTemplateText, config.EosToken)?.Name;
    }

    /// <summary>One more than the highest token id: the rows that an embedding needs.</summary>
    public int VocabularySize { get; }

    /// <summary>Id of the begin-of-sequence token, if the configuration names one.</summary>
    public int? BosTokenId { get; }

    /// <summary>Id of the end-of-sequence token, if the configuration names one.</summary>
    public int? EosTokenId { get; }

    /// <summary>Id of the padding token, if the configuration names one.</summary>
    public int? PadTokenId { get; }

    /// <summary>Id of the unknown token, if the configuration names one.</summary>
    public int? UnkTokenId { get; }

    /// <summary>
    /// The chat template that the files hold, where it is one that is known as code: <c>zephyr</c>, <c>chatml</c> or <c>smollm2</c> (see <see cref="ChatTemplate.Get"/>).
    /// Null where there is none, or one that is not known.
    /// </summary>
    public string? ChatTemplateName { get; }

    /// <summary>The text of the chat template in Jinja, as the files hold it, or null.</summary>
    public string? ChatTemplateText => config.ChatTemplateText;

    /// <summary>The chat templates in Jinja that the files hold, by name; the one that counts is <c>default</c>.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates => config.ChatTemplates;

    /// <summary>Special tokens by the names that templates know them by.</summary>
    internal IReadOnlyDictionary<string, string> SpecialTokenTexts => config.SpecialTokens;

    /// <summary>All tokens that stand for no text.</summary>
    internal IEnumerable<string> SpecialTokenList => specialIds.Select(id => tokens[id]).OfType<string>().Concat(config.SpecialTokens.Values.Where(t => TokenToId(t) is not null));

    /// <summary>Whether <see cref="Encode"/> with special tokens puts the begin-of-sequence token in front.</summary>
    public bool AddsBos => BosTokenId is { } bos && before.Contains(bos);

    /// <summary>The id of a token, or null if there is no such token. Text tokens are written as in <c>tokenizer.json</c> ('Ġ' for a space).</summary>
    public int? TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return addedIds.TryGetValue(token, out var id) || definition.Model.Vocabulary.TryGetValue(token, out id) ? id : null;
    }

    /// <summary>The token of an id as <c>tokenizer.json</c> writes it, or null if there is none.</summary>
    public string? IdToToken(int id) => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    /// <summary>Whether the id is that of a special token, one that stands for no text.</summary>
    public bool IsSpecial(int id) => specialIds.Contains(id);

    /// <summary>Encodes a text.</summary>
    /// <param name="text">The text; added tokens in it (<c>&lt;/s&gt;</c> and the like) are found.</param>
    /// <param name="addSpecialTokens">Whether to add what the post-processor adds, such as the begin-of-sequence token.</param>
    public int[] Encode(string text, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = new TokenList(detailed: false);
        encoder.Encode(text, found);
        return addSpecialTokens ? [.. Process([found], true).SelectMany(p => p.Ids)] : [.. found.Ids];
    }

    /// <summary>Encodes several texts, on several threads.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="addSpecialTokens">Whether to add what the post-processor adds.</param>
    /// <param name="maxDegreeOfParallelism">How many threads at most; -1 for as many as there are processors.</param>
    /// <returns>The ids of each text.</returns>
    public int[][] EncodeBatch(IReadOnlyList<string> texts, bool addSpecialTokens = false, int maxDegreeOfParallelism = -1)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var ids = new int[texts.Count][];
        Parallel.For(0, texts.Count, new ParallelOptions { MaxDegreeOfParallelism = maxDegreeOfParallelism }, i => ids[i] = Encode(texts[i], addSpecialTokens));
        return ids;
    }

    /// <summary>Encodes a text and says where in it each token comes from.</summary>
    /// <inheritdoc cref="Encode"/>
    public TokenizedText EncodeWithOffsets(string text, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Detailed(addSpecialTokens, text);
    }

    /// <summary>
    /// As <see cref="EncodeWithOffsets"/>, then cut and filled up as the sections truncation and padding of <c>tokenizer.json</c> say, which is what the tokenizers library does
    /// with such a file. (All other methods set these aside, as transformers does: they are left from how the tokenizer was used last.)
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="pair">A second text, or null.</param>
    /// <param name="addSpecialTokens">Whether to add what the post-processor adds.</param>
    /// <exception cref="InvalidOperationException">The text cannot be cut as the file asks.</exception>
    public TokenizedText EncodeAsStored(string text, string? pair = null, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Detailed(addSpecialTokens, definition.Limits, pair is null ? [text] : [text, pair]);
    }

    /// <summary>Encodes a pair of texts and says where in its text each token comes from.</summary>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second text; the offsets of its tokens count from its own start.</param>
    /// <param name="addSpecialTokens">Whether to add what the post-processor adds.</param>
    public TokenizedText EncodePairWithOffsets(string first, string second, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return Detailed(addSpecialTokens, first, second);
    }

    /// <summary>The text of token ids. Ids that are no token are left out; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        if (tokenBytes is not null)
        {
            var bytes = new List<byte>(ids.Length * 4);
            foreach (var id in ids)
                bytes.AddRange(Bytes(id, skipSpecialTokens));
            return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
        }
        var parts = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if (IdToToken(id) is { } token && !(skipSpecialTokens && specialIds.Contains(id)))
                parts.Add(token);
        }
        return string.Concat(definition.Decoder.Apply(parts));
    }

    /// <summary>Whether each token stands for bytes of its own, whatever is before it (a byte-level tokenizer).</summary>
    internal bool IsByteLevel => tokenBytes is not null;

    /// <summary>The UTF-8 bytes that a token of a byte-level tokenizer adds to a text; none for ids that are no token.</summary>
    internal ReadOnlySpan<byte> Bytes(int id, bool skipSpecialTokens)
        => (uint)id < (uint)tokenBytes!.Length && !(skipSpecialTokens && specialIds.Contains(id)) ? tokenBytes[id] : default;

    /// <summary>Whether the file says how to cut or fill up texts.</summary>
    internal bool HasLimits => definition.Limits is not null;

    /// <summary>Ids that the post-processor puts before a text.</summary>
    internal ReadOnlySpan<int> Before => before;

    /// <summary>Adds the ids of a text that follows those that are there, as if both were encoded as one; <paramref name="first"/>: none of the text is there yet.</summary>
    internal void Continue(string text, List<int> ids, bool first = false)
    {
        var place = first || ids.Count == 0 ? TextPlace.Start : addedTokenIds.Contains(ids[^1]) ? TextPlace.AfterToken : TextPlace.Within;
        var found = new TokenList(detailed: false);
        encoder.Encode(text, found, place);
        ids.AddRange(found.Ids);
    }

    private TokenizedText Detailed(bool addSpecialTokens, params string[] texts) => Detailed(addSpecialTokens, null, texts);

    private TokenizedText Detailed(bool addSpecialTokens, TokenizerLimits? limits, string[] texts)
    {
        var parts = new List<TokenList>();
        foreach (var text in texts)
        {
            var part = new TokenList(detailed: true, typeId: parts.Count);
            encoder.Encode(text, part);
            parts.Add(part);
        }
        limits?.Truncation?.Apply(parts, addSpecialTokens ? postProcessor?.CountAdded(parts.Count) ?? 0 : 0);
        var all = new TokenList(detailed: true);
        foreach (var part in Process(parts, addSpecialTokens))
            all.AddRange(part);
        var missing = limits?.Padding?.Missing(all.Ids.Count) ?? 0;
        if (missing > 0)
            all = all.Padded(limits!.Padding!, missing);
        return new TokenizedText([.. all.Ids], [.. all.Offsets])
        {
            Tokens = [.. all.Texts],
            TypeIds = [.. all.TypeIds],
            SpecialTokensMask = [.. all.Added],
            AttentionMask = missing == 0 ? [] : [.. Enumerable.Range(0, all.Ids.Count).Select(i => limits!.Padding!.Left ? i >= missing : i < all.Ids.Count - missing)],
        };
    }

    private IReadOnlyList<TokenList> Process(IReadOnlyList<TokenList> parts, bool addSpecialTokens) => postProcessor?.Apply(parts, addSpecialTokens) ?? parts;

    // transformers' Llama classes go by add_bos_token and add_eos_token of the configuration rather than by tokenizer.json.
    private PostProcessor? WithConfiguredTokens(PostProcessor? fromFile)
    {
        var (ahead, behind) = Around(fromFile);
        int[] Wanted(bool? flag, int? token, int[] given) => flag switch
        {
            true when token is { } id => [id],
            false => [],
            _ => given,
        };
        var wantedAhead = Wanted(config.AddBos, BosTokenId, ahead);
        var wantedBehind = Wanted(config.AddEos, EosTokenId, behind);
        if (wantedAhead.SequenceEqual(ahead) && wantedBehind.SequenceEqual(behind))
            return fromFile;
        List<PostProcessor> steps = [.. (fromFile is PostProcessorSequence sequence ? sequence.Steps : fromFile is null ? [] : [fromFile]).Where(s => s is ByteLevelPostProcessor)];
        steps.Add(TemplateProcessor.Around(Named(wantedAhead), Named(wantedBehind)));
        return new PostProcessorSequence(steps);

        (int, string)[] Named(int[] ids) => [.. ids.Select(id => (id, IdToToken(id) ?? ""))];
    }

    // What a post-processor puts before and behind a text.
    private static (int[] Before, int[] Behind) Around(PostProcessor? processor)
    {
        const int Text = -1;
        if (processor is null)
            return ([], []);
        var text = new TokenList(detailed: false);
        text.Ids.Add(Text);
        var all = processor.Apply([text], addSpecialTokens: true).SelectMany(p => p.Ids).ToArray();
        var at = Array.IndexOf(all, Text);
        return (all[..at], all[(at + 1)..]);
    }

    private int? SpecialId(string? token, string setting)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        return TokenToId(token) ?? throw new InvalidDataException($"{TokenizerConfig.FileName}: {setting} is '{token}', which is not a token of {sourceName}.");
    }
}
