using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads <c>tokenizer.json</c>. What it asks for and this library does not do is refused by name, never passed over.</summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";
    public const int MaxId = (1 << 22) - 1;

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

    /// <summary>A text that a section must have.</summary>
    public static string RequiredText(JsonElement section, string name, string where)
        => Text(section, name) ?? throw new InvalidDataException($"{FileName}: {name} of the {where} is missing or no string.");

    /// <summary>A text of one character that a section must have.</summary>
    public static string Character(JsonElement section, string name, string where)
        => RequiredText(section, name, where) is { Length: > 0 } text && text.Length == CharClasses.Length(CharClasses.At(text, 0))
            ? text : throw new InvalidDataException($"{FileName}: {name} of the {where} is '{Text(section, name)}'; expected one character.");

    /// <summary>A whole number of a section; without <paramref name="otherwise"/> it must be there.</summary>
    public static int Count(JsonElement section, string name, string where, int least = 0, int? otherwise = null)
    {
        if (Section(section, name) is not { } value)
            return otherwise ?? throw new InvalidDataException($"{FileName}: {name} of the {where} is missing.");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= least
            ? count : throw new InvalidDataException($"{FileName}: {name} of the {where} is {value.GetRawText()}; expected a whole number of at least {least}.");
    }

    /// <summary>A part of the file; null where it is not there, or null.</summary>
    public static JsonElement? Section(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static TokenizerDefinition Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("model", out var section) || section.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{FileName} has no 'model'; expected the file of a Hugging Face tokenizer.");
        var model = ModelJson.Read(section);
        return new TokenizerDefinition
        {
            Model = model,
            AddedTokens = Section(root, "added_tokens") is { } added ? ReadAddedTokens(added, model) : [],
            Normalizer = Section(root, "normalizer") is { } normalizer ? NormalizerJson.Read(normalizer) : null,
            PreTokenizer = Section(root, "pre_tokenizer") is { } preTokenizer ? PreTokenizerJson.Read(preTokenizer) : null,
            Decoder = Section(root, "decoder") is { } decoder ? DecoderJson.Read(decoder) : new SpacedDecoder(),
            Limits = TokenizerLimits.Read(root),
            PostProcessor = Section(root, "post_processor") is { } postProcessor ? PostProcessorJson.Read(postProcessor) : null,
        };
    }

    private static List<AddedToken> ReadAddedTokens(JsonElement section, TokenModel model)
    {
        var tokens = new List<AddedToken>();
        var index = -1;
        foreach (var entry in section.EnumerateArray())
        {
            index++;
            if (Text(entry, "content") is not { } content || !entry.TryGetProperty("id", out var idValue) || !idValue.TryGetInt32(out var id) || id is < 0 or > MaxId)
                throw new InvalidDataException($"{FileName}: added_tokens[{index}] has no content or no id.");
            if (model.Vocabulary.TryGetValue(content, out var known) && known != id)
                throw new InvalidDataException($"{FileName}: the added token '{content}' has id {id}, but model.vocab gives it {known}.");
            var special = Flag(entry, "special");
            if (content.Length == 0)
                continue;
            // Of one that is listed twice the last counts.
            tokens.RemoveAll(t => t.Content == content);
            tokens.Add(new AddedToken(
                id, content, Flag(entry, "single_word"), Flag(entry, "lstrip"), Flag(entry, "rstrip"), Flag(entry, "normalized", !special), special));
        }
        return tokens;
    }
}
