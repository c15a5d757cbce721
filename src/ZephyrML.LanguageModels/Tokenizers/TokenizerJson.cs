using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads <c>tokenizer.json</c>. What it asks for and this library does not do is refused by name, never passed over.</summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";
    private const int MaxId = (1 << 24) - 1;

    /// <exception cref="NotSupportedException">The file asks for something that is not supported; the message names it.</exception>
    /// <exception cref="InvalidDataException">The file is not what it should be; the message says where.</exception>
    public static TokenizerDefinition Read(byte[] json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{FileName} is not valid JSON: {e.Message}", e);
        }
        using (document)
        {
            try
            {
                return Read(document.RootElement);
            }
            catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new InvalidDataException($"{FileName} is not shaped like the file of a Hugging Face tokenizer: {e.Message}", e);
            }
        }
    }

    /// <summary>An error that names what is not supported.</summary>
    public static NotSupportedException Unsupported(string what, string supported)
        => new($"{FileName} asks for {what}, which is not supported; supported is {supported}.");

    /// <summary>The "type" of a section.</summary>
    public static string Type(JsonElement section) => Text(section, "type") ?? "(no type)";

    public static string? Text(JsonElement section, string name)
        => section.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static bool Flag(JsonElement section, string name, bool otherwise = false)
        => section.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : otherwise;

    private static TokenizerDefinition Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{FileName} has no 'model'; expected the file of a Hugging Face tokenizer.");
        var bpe = ReadModel(model);
        var tokens = Section(root, "added_tokens") is { } added ? ReadAddedTokens(added, bpe) : [];
        var split = new PreTokenizerJson();
        split.Read(Section(root, "pre_tokenizer"));
        RequireByteLevelDecoder(Section(root, "decoder"));
        var post = new PostProcessorJson();
        post.Read(Section(root, "post_processor"));
        return new TokenizerDefinition
        {
            Model = bpe,
            AddedTokens = tokens,
            Normalizer = Section(root, "normalizer") is { } normalizer ? ReadNormalizer(normalizer) : null,
            Steps = split.Steps,
            AddPrefixSpace = split.AddPrefixSpace,
            SplitsAfterPrefix = split.SplitsAfterPrefix,
            TrimOffsets = post.TrimOffsets,
            TrimSparesPrefix = post.TrimSparesPrefix,
            Before = post.Before,
            After = post.After,
        };
    }

    private static JsonElement? Section(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static BpeModel ReadModel(JsonElement model)
    {
        var type = Text(model, "type") ?? (model.TryGetProperty("merges", out _) ? "BPE" : "(no type)");
        if (type != "BPE")
            throw Unsupported($"the model type '{type}'", "byte-level 'BPE'");
        if (Section(model, "dropout") is { } dropout && dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() != 0)
            throw Unsupported("BPE dropout", "dropout 0 or null");
        if (Flag(model, "byte_fallback"))
            throw Unsupported("byte_fallback (a SentencePiece model)", "byte-level BPE");
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (Text(model, affix) is { Length: > 0 } value)
                throw Unsupported($"{affix} '{value}'", "none");
        }
        if (!model.TryGetProperty("vocab", out var vocab) || vocab.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{FileName}: model.vocab is missing or not an object.");
        var vocabulary = new Dictionary<string, int>();
        foreach (var token in vocab.EnumerateObject())
        {
            if (token.Value.ValueKind != JsonValueKind.Number || !token.Value.TryGetInt32(out var id) || id is < 0 or > MaxId)
                throw new InvalidDataException($"{FileName}: model.vocab['{token.Name}'] is {token.Value.GetRawText()}; expected a token id.");
            vocabulary[token.Name] = id;
        }
        if (!model.TryGetProperty("merges", out var merges) || merges.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{FileName}: model.merges is missing or not an array.");
        var pairs = merges.EnumerateArray().Select(ReadMerge).ToList();
        var unknown = -1;
        if (Text(model, "unk_token") is { } unknownToken && !vocabulary.TryGetValue(unknownToken, out unknown))
            throw new InvalidDataException($"{FileName}: model.unk_token '{unknownToken}' is not in model.vocab.");
        return new BpeModel(vocabulary, pairs, Flag(model, "ignore_merges"), unknown, Flag(model, "fuse_unk"));
    }

    // Older files write "a b", newer ones ["a", "b"].
    private static (string Left, string Right) ReadMerge(JsonElement merge, int index)
    {
        if (merge.ValueKind == JsonValueKind.String && merge.GetString()!.Split(' ') is [var left, var right])
            return (left, right);
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String)
            return (merge[0].GetString()!, merge[1].GetString()!);
        throw new InvalidDataException($"{FileName}: model.merges[{index}] is {merge.GetRawText()}; expected \"a b\" or [\"a\", \"b\"].");
    }

    private static List<AddedToken> ReadAddedTokens(JsonElement section, BpeModel model)
    {
        var tokens = new List<AddedToken>();
        foreach (var entry in section.EnumerateArray())
        {
            if (Text(entry, "content") is not { } content || !entry.TryGetProperty("id", out var idValue) || !idValue.TryGetInt32(out var id) || id is < 0 or > MaxId)
                throw new InvalidDataException($"{FileName}: added_tokens[{tokens.Count}] has no content or no id.");
            if (model.Vocabulary.TryGetValue(content, out var known) && known != id)
                throw new InvalidDataException($"{FileName}: the added token '{content}' has id {id}, but model.vocab gives it {known}.");
            var special = Flag(entry, "special");
            tokens.Add(new AddedToken(
                id, content, Flag(entry, "single_word"), Flag(entry, "lstrip"), Flag(entry, "rstrip"), Flag(entry, "normalized", !special), special));
        }
        return tokens;
    }

    private static TextNormalizer ReadNormalizer(JsonElement normalizer) => Type(normalizer) switch
    {
        "NFC" => new TextNormalizer.Nfc(),
        "Lowercase" => new TextNormalizer.Lowercase(),
        "Sequence" => new TextNormalizer.Sequence([.. normalizer.GetProperty("normalizers").EnumerateArray().Select(ReadNormalizer)]),
        var other => throw Unsupported($"the normalizer '{other}'", "none, NFC, Lowercase and a Sequence of them"),
    };

    private static void RequireByteLevelDecoder(JsonElement? decoder)
    {
        var type = decoder is { } section ? Type(section) : "(none)";
        if (type == "Sequence")
        {
            var parts = decoder!.Value.GetProperty("decoders").EnumerateArray().Select(Type).ToList();
            type = parts is ["ByteLevel"] ? "ByteLevel" : $"Sequence of {string.Join(", ", parts)}";
        }
        if (type != "ByteLevel")
            throw Unsupported($"the decoder '{type}'", "ByteLevel");
    }
}
