using System.Collections.Frozen;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A byte-level BPE tokenizer (GPT-2, Llama 3, Qwen2, SmolLM2 and their like), read from and written to Hugging Face's <c>tokenizer.json</c> and
/// <c>tokenizer_config.json</c>. It gives the ids, offsets and texts of the tokenizers library, and is a Microsoft.ML.Tokenizers <see cref="Tokenizer"/> too.
/// Safe to use from several threads.
/// </summary>
public sealed partial class LanguageModelTokenizer : Tokenizer
{
    private readonly byte[] json;
    private readonly TokenizerConfig config;
    private readonly TokenizerDefinition definition;
    private readonly TokenizerEncoder encoder;
    private readonly Dictionary<string, int> addedIds;
    private readonly string?[] tokens;
    private readonly byte[]?[] tokenBytes;
    private readonly FrozenSet<int> specialIds;
    private readonly int[] before;
    private readonly int[] after;

    private LanguageModelTokenizer(byte[] json, TokenizerConfig config)
        : this(json, config, TokenizerJson.Read(json))
    {
    }

    private LanguageModelTokenizer(byte[] json, TokenizerConfig config, TokenizerDefinition definition)
    {
        this.json = json;
        this.config = config;
        this.definition = definition;
        encoder = new TokenizerEncoder(definition);
        addedIds = [];
        foreach (var token in definition.AddedTokens)
            addedIds.TryAdd(token.Content, token.Id);
        specialIds = definition.AddedTokens.Where(t => t.Special).Select(t => t.Id).ToFrozenSet();
        VocabularySize = 1 + Math.Max(
            definition.Model.Vocabulary.Count == 0 ? -1 : definition.Model.Vocabulary.Values.Max(),
            definition.AddedTokens.Count == 0 ? -1 : definition.AddedTokens.Max(t => t.Id));
        tokens = new string?[VocabularySize];
        foreach (var (token, id) in definition.Model.Vocabulary)
            tokens[id] = token;
        foreach (var token in definition.AddedTokens)
            tokens[token.Id] = definition.TextOf(token);
        tokenBytes = new byte[]?[VocabularySize];
        for (var id = 0; id < tokens.Length; id++)
            tokenBytes[id] = tokens[id] is { } token ? BytesOf(token) : null;
        BosTokenId = SpecialId(config.BosToken, "bos_token");
        EosTokenId = SpecialId(config.EosToken, "eos_token");
        PadTokenId = SpecialId(config.PadToken, "pad_token");
        UnkTokenId = SpecialId(config.UnkToken, "unk_token");
        before = Around(definition.Before, config.AddBos, BosTokenId);
        after = Around(definition.After, config.AddEos, EosTokenId);
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
        var ids = new List<int>(text.Length / 3 + 4);
        if (addSpecialTokens)
            ids.AddRange(before);
        encoder.Encode(text, ids, null);
        if (addSpecialTokens)
            ids.AddRange(after);
        return [.. ids];
    }

    /// <summary>Encodes a text and says where in it each token comes from.</summary>
    /// <inheritdoc cref="Encode"/>
    public TokenizedText EncodeWithOffsets(string text, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>();
        var offsets = new List<(int Start, int End)>();
        if (addSpecialTokens)
            AddAround(before);
        encoder.Encode(text, ids, offsets);
        if (addSpecialTokens)
            AddAround(after);
        return new TokenizedText([.. ids], [.. offsets]);

        void AddAround(int[] special)
        {
            ids.AddRange(special);
            offsets.AddRange(special.Select(_ => (0, 0)));
        }
    }

    /// <summary>The text of token ids. Ids that are no token are left out; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        var bytes = new List<byte>(ids.Length * 4);
        foreach (var id in ids)
            bytes.AddRange(Bytes(id, skipSpecialTokens));
        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
    }

    /// <summary>The UTF-8 bytes that a token adds to a text; none for ids that are no token.</summary>
    internal ReadOnlySpan<byte> Bytes(int id, bool skipSpecialTokens)
        => (uint)id < (uint)tokenBytes.Length && !(skipSpecialTokens && specialIds.Contains(id)) ? tokenBytes[id] : default;

    /// <summary>Ids that the post-processor puts before a text.</summary>
    internal ReadOnlySpan<int> Before => before;

    /// <summary>Adds the ids of a text that carries on another one: nothing is put in front of it.</summary>
    internal void Continue(string text, List<int> ids) => encoder.Encode(text, ids, null, continues: ids.Count > 0);

    // The characters of a token are bytes in GPT-2's writing; a token with any other character (an added one) is taken as it is written.
    private static byte[] BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var value = ByteAlphabet.ToByte(token[i]);
            if (value < 0)
                return Encoding.UTF8.GetBytes(token);
            bytes[i] = (byte)value;
        }
        return bytes;
    }

    private int? SpecialId(string? token, string setting)
    {
        if (string.IsNullOrEmpty(token))
            return null;
        return TokenToId(token) ?? throw new InvalidDataException(
            $"{TokenizerConfig.FileName}: {setting} is '{token}', which is not a token of {TokenizerJson.FileName}.");
    }

    private static int[] Around(IReadOnlyList<int> fromFile, bool? wanted, int? token) => wanted switch
    {
        true when token is { } id => [id],
        false => [],
        _ => [.. fromFile],
    };
}
