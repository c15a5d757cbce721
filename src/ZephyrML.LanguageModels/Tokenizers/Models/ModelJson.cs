using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the model of <c>tokenizer.json</c>.</summary>
internal static class ModelJson
{
    public static TokenModel Read(JsonElement model)
    {
        // Old files have no type.
        var type = TokenizerJson.Text(model, "type") ?? (model.TryGetProperty("merges", out _) ? "BPE"
            : model.TryGetProperty("max_input_chars_per_word", out _) ? "WordPiece"
            : model.TryGetProperty("unk_id", out _) ? "Unigram" : "(no type)");
        return type switch
        {
            "BPE" => ReadBpe(model),
            "Unigram" => ReadUnigram(model),
            "WordPiece" => new WordPieceModel(
                ReadVocabulary(model), TokenizerJson.Text(model, "unk_token") ?? "[UNK]", TokenizerJson.Text(model, "continuing_subword_prefix") ?? "##",
                TokenizerJson.Count(model, "max_input_chars_per_word", "model WordPiece", otherwise: 100)),
            "WordLevel" => new WordLevelModel(ReadVocabulary(model), TokenizerJson.Text(model, "unk_token") ?? "<unk>"),
            _ => throw TokenizerJson.Unsupported($"the model type '{type}'", "'BPE', 'Unigram', 'WordPiece' and 'WordLevel'"),
        };
    }

    private static BpeModel ReadBpe(JsonElement model)
    {
        if (TokenizerJson.Section(model, "dropout") is { } dropout && dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() != 0)
            throw TokenizerJson.Unsupported("BPE dropout", "dropout 0 or null");
        var vocabulary = ReadVocabulary(model);
        if (!model.TryGetProperty("merges", out var merges) || merges.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{TokenizerJson.FileName}: model.merges is missing or not an array.");
        var pairs = merges.EnumerateArray().Where(m => !(m.ValueKind == JsonValueKind.String && m.GetString()!.StartsWith("#version", StringComparison.Ordinal))).Select(ReadMerge).ToList();
        var unknownToken = TokenizerJson.Text(model, "unk_token");
        var unknown = unknownToken is null ? -1 : vocabulary.GetValueOrDefault(unknownToken, -1);
        var settings = new BpeSettings(
            TokenizerJson.Flag(model, "ignore_merges"), unknown, TokenizerJson.Flag(model, "fuse_unk"), TokenizerJson.Flag(model, "byte_fallback"),
            unknown < 0 ? unknownToken : null, TokenizerJson.Text(model, "continuing_subword_prefix") ?? "", TokenizerJson.Text(model, "end_of_word_suffix") ?? "");
        if (settings is { ByteFallback: true, HasAffixes: true })
            throw TokenizerJson.Unsupported("byte_fallback together with a continuing_subword_prefix or end_of_word_suffix", "one of them");
        return BpeModel.Create(vocabulary, pairs, settings);
    }

    private static Dictionary<string, int> ReadVocabulary(JsonElement model)
    {
        if (!model.TryGetProperty("vocab", out var vocab) || vocab.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{TokenizerJson.FileName}: model.vocab is missing or not an object.");
        var vocabulary = new Dictionary<string, int>();
        foreach (var token in vocab.EnumerateObject())
        {
            if (token.Value.ValueKind != JsonValueKind.Number || !token.Value.TryGetInt32(out var id) || id is < 0 or > TokenizerJson.MaxId)
                throw new InvalidDataException($"{TokenizerJson.FileName}: model.vocab['{token.Name}'] is {token.Value.GetRawText()}; expected a token id.");
            vocabulary[token.Name] = id;
        }
        return vocabulary;
    }

    // Older files write "a b", newer ones ["a", "b"].
    private static (string Left, string Right) ReadMerge(JsonElement merge, int index)
    {
        if (merge.ValueKind == JsonValueKind.String && merge.GetString()!.Split(' ') is [var left, var right])
            return (left, right);
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String)
            return (merge[0].GetString()!, merge[1].GetString()!);
        throw new InvalidDataException($"{TokenizerJson.FileName}: model.merges[{index}] is {merge.GetRawText()}; expected \"a b\" or [\"a\", \"b\"].");
    }

    private static UnigramModel ReadUnigram(JsonElement model)
    {
        if (!model.TryGetProperty("vocab", out var vocab) || vocab.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{TokenizerJson.FileName}: model.vocab is missing or not an array.");
        var tokens = new List<(string Token, double Score)>();
        foreach (var entry in vocab.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String
                || entry[1].ValueKind != JsonValueKind.Number || !double.IsFinite(entry[1].GetDouble()))
                throw new InvalidDataException($"{TokenizerJson.FileName}: model.vocab[{tokens.Count}] is {entry.GetRawText()}; expected [token, score].");
            tokens.Add((entry[0].GetString()!, entry[1].GetDouble()));
        }
        var unknown = -1;
        if (TokenizerJson.Section(model, "unk_id") is { } value && (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out unknown) || unknown < 0 || unknown >= tokens.Count))
            throw new InvalidDataException($"{TokenizerJson.FileName}: model.unk_id is {value.GetRawText()}; expected the place of a token in model.vocab.");
        return new UnigramModel(tokens, new UnigramSettings(unknown, TokenizerJson.Flag(model, "byte_fallback"), SinglePrecision: false));
    }
}
