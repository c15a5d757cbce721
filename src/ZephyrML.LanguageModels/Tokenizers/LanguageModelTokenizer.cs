namespace ZephyrML.LanguageModels;

/// <summary>A byte-level BPE tokenizer, read from and written to Hugging Face's <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
public sealed class LanguageModelTokenizer
{
    private LanguageModelTokenizer()
    {
    }

    /// <summary>Reads a folder's tokenizer.</summary>
    public static LanguageModelTokenizer Load(string folder) => throw new NotImplementedException();

    /// <summary>Reads a tokenizer by its files' names.</summary>
    public static LanguageModelTokenizer Read(Func<string, Stream?> open) => throw new NotImplementedException();

    /// <summary>The files that hold this tokenizer.</summary>
    public IEnumerable<(string Name, Action<Stream> Write)> Files() => throw new NotImplementedException();

    /// <summary>Writes the files to a folder.</summary>
    public void Save(string folder) => throw new NotImplementedException();

    /// <summary>One more than the highest token id.</summary>
    public int VocabularySize => throw new NotImplementedException();

    /// <summary>Id of the begin-of-sequence token.</summary>
    public int? BosTokenId => throw new NotImplementedException();

    /// <summary>Id of the end-of-sequence token.</summary>
    public int? EosTokenId => throw new NotImplementedException();

    /// <summary>Id of the padding token.</summary>
    public int? PadTokenId => throw new NotImplementedException();

    /// <summary>The id of a token, or null.</summary>
    public int? TokenToId(string token) => throw new NotImplementedException();

    /// <summary>The token of an id, or null.</summary>
    public string? IdToToken(int id) => throw new NotImplementedException();

    /// <summary>Encodes a text.</summary>
    public int[] Encode(string text, bool addSpecialTokens = false) => throw new NotImplementedException();

    /// <summary>Encodes a text, with where each token comes from.</summary>
    public TokenizedText EncodeWithOffsets(string text, bool addSpecialTokens = false) => throw new NotImplementedException();

    /// <summary>Decodes ids.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => throw new NotImplementedException();

    /// <summary>The chat template that the files name, where it is one that is known: <c>zephyr</c>, <c>chatml</c>, <c>smollm2</c>; else null.</summary>
    public string? ChatTemplateName => throw new NotImplementedException();

    /// <summary>The same tokenizer with another chat template in its files.</summary>
    public LanguageModelTokenizer WithChatTemplate(ChatTemplate template) => throw new NotImplementedException();
}
