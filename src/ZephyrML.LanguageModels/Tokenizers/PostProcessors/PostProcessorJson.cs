using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the post_processor of <c>tokenizer.json</c>.</summary>
internal static class PostProcessorJson
{
    public static PostProcessor Read(JsonElement section) => TokenizerJson.Type(section) switch
    {
        "Sequence" => new PostProcessorSequence([.. section.GetProperty("processors").EnumerateArray().Select(Read)]),
        "ByteLevel" => new ByteLevelPostProcessor(TokenizerJson.Flag(section, "trim_offsets", true), TokenizerJson.Flag(section, "add_prefix_space", true)),
        "TemplateProcessing" => new TemplateProcessor(ReadTemplate(section, "single", texts: 1), ReadTemplate(section, "pair", texts: 2)),
        "BertProcessing" => new PairProcessor(Token(section, "cls"), Token(section, "sep"), roberta: false, trim: null),
        "RobertaProcessing" => new PairProcessor(
            Token(section, "cls"), Token(section, "sep"), roberta: true,
            new ByteLevelPostProcessor(TokenizerJson.Flag(section, "trim_offsets", true), TokenizerJson.Flag(section, "add_prefix_space", true))),
        var other => throw TokenizerJson.Unsupported($"the post_processor '{other}'", "ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing and a Sequence of them"),
    };

    // ["</s>", 2]
    private static (int Id, string Text) Token(JsonElement section, string name)
        => section.TryGetProperty(name, out var token) && token.ValueKind == JsonValueKind.Array && token.GetArrayLength() == 2 && token[0].ValueKind == JsonValueKind.String
            && token[1].ValueKind == JsonValueKind.Number && token[1].TryGetInt32(out var id) && id is >= 0 and <= TokenizerJson.MaxId
            ? (id, token[0].GetString()!) : throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.{name} is missing or not a token and its id.");

    private static List<TemplateProcessor.Piece> ReadTemplate(JsonElement section, string name, int texts)
    {
        var pieces = new List<TemplateProcessor.Piece>();
        // Files that were never used for pairs may lack that one.
        if (texts == 2 && TokenizerJson.Section(section, name) is null)
            return [new(0, 0, []), new(1, 1, [])];
        if (!section.TryGetProperty(name, out var template) || template.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.{name} is missing; expected a list such as [{{\"SpecialToken\": …}}, {{\"Sequence\": …}}].");
        foreach (var item in template.EnumerateArray())
        {
            if (item.TryGetProperty("Sequence", out var sequence))
            {
                var id = TokenizerJson.Text(sequence, "id");
                if (id is not "A" && !(id is "B" && texts == 2))
                    throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.{name} takes the text '{id}'; expected {(texts == 2 ? "A or B" : "A")}.");
                pieces.Add(new TemplateProcessor.Piece(id == "A" ? 0 : 1, TypeId(sequence, name), []));
                continue;
            }
            var token = item.GetProperty("SpecialToken");
            pieces.Add(new TemplateProcessor.Piece(-1, TypeId(token, name), Special(section, name, TokenizerJson.Text(token, "id"))));
        }
        var taken = pieces.Count(p => p.Sequence >= 0);
        if (texts == 1 && taken != 1)
            throw TokenizerJson.Unsupported($"a post_processor that takes the text {taken} times", "once");
        if (texts == 2 && !(pieces.Any(p => p.Sequence == 0) && pieces.Any(p => p.Sequence == 1)))
            throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.pair does not take both texts, A and B.");
        return pieces;
    }

    private static int TypeId(JsonElement item, string name)
    {
        if (!item.TryGetProperty("type_id", out var value))
            return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var type) && type >= 0)
            return type;
        throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.{name} has the type_id {value.GetRawText()}; expected 0 or 1.");
    }

    private static List<(int Id, string Text)> Special(JsonElement section, string name, string? token)
    {
        if (token is null || !section.TryGetProperty("special_tokens", out var special) || !special.TryGetProperty(token, out var entry))
            throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.{name} names the special token '{token}', which post_processor.special_tokens lacks.");
        var ids = entry.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToList();
        var texts = entry.TryGetProperty("tokens", out var written) ? written.EnumerateArray().Select(t => t.GetString()!).ToList() : [.. ids.Select(_ => token)];
        if (ids.Count != texts.Count || ids.Any(id => id is < 0 or > TokenizerJson.MaxId))
            throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.special_tokens['{token}'] has {ids.Count} ids and {texts.Count} tokens; expected as many valid ids as tokens.");
        return [.. ids.Zip(texts)];
    }
}
