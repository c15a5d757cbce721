using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the model of <c>tokenizer.json</c>.</summary>
internal static class ModelJson
{
    public static TokenModel Read(JsonElement model)
    {
        // Old files have no type.
        var type = TokenizerJson.Text(model, "type") ?? (model.TryGetProperty("merges", out _) ? "BPE" : "(no type)");
        return type switch
        {
            "BPE" => ReadBpe(model),
            "Unigram" => ReadUnigram(model),
            _ => throw TokenizerJson.Unsupported($"the model type '{type}'", "'BPE' and 'Unigram'"),
        };
    }

    private static BpeModel ReadBpe(JsonElement model)
    {
        if (TokenizerJson.Section(model, "dropout") is { } dropout && dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() != 0)
            throw TokenizerJson.Unsupported("BPE dropout", "dropout 0 or null");
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (TokenizerJson.Text(model, affix) is { Length: > 0 } value)
                throw TokenizerJson.Unsupported($"{affix} '{value}'", "none");
        }
        if (!model.TryGetProperty("vocab", out var vocab) || vocab.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{TokenizerJson.FileName}: model.vocab is missing or not an object.");
        var vocabulary = new Dictionary<string, int>();
        foreach (var token in vocab.EnumerateObject())
        {
            if (token.Value.ValueKind != JsonValueKind.Number || !token.Value.TryGetInt32(out var id) || id is < 0 or > TokenizerJson.MaxId)
                throw new InvalidDataException($"{TokenizerJson.FileName}: model.vocab['{token.Name}'] is {token.Value.GetRawText()}; expected a token id.");
            vocabulary[token.Name] = id;
        }
        if (!model.TryGetProperty("merges", out var merges) || merges.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{TokenizerJson.FileName}: model.merges is missing or not an array.");
        var pairs = merges.EnumerateArray().Select(ReadMerge).ToList();
        var unknown = -1;
        if (TokenizerJson.Text(model, "unk_token") is { } unknownToken && !vocabulary.TryGetValue(unknownToken, out unknown))
            throw new InvalidDataException($"{TokenizerJson.FileName}: model.unk_token '{unknownToken}' is not in model.vocab.");
        var settings = new BpeSettings(
            TokenizerJson.Flag(model, "ignore_merges"), unknown, TokenizerJson.Flag(model, "fuse_unk"), TokenizerJson.Flag(model, "byte_fallback"));
        return BpeModel.Create(vocabulary, pairs, settings);
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
