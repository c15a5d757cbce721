using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>What <c>tokenizer_config.json</c> says, and the chat template beside it.</summary>
internal sealed class TokenizerConfig
{
    public const string FileName = "tokenizer_config.json";
    public const string TemplateFileName = "chat_template.jinja";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private TokenizerConfig(byte[] json, JsonObject content, byte[]? template)
    {
        Json = json;
        Template = template;
        BosToken = Token(content, "bos_token");
        EosToken = Token(content, "eos_token");
        PadToken = Token(content, "pad_token");
        UnkToken = Token(content, "unk_token");
        ChatTemplateText = template is null ? TemplateText(content) : System.Text.Encoding.UTF8.GetString(template);
        ChatTemplates = NamedTemplates(content, ChatTemplateText);
        SpecialTokens = NamedTokens(content);
        // transformers' Llama classes build the post-processor from these two; the others go by tokenizer.json alone.
        if (Text(content, "tokenizer_class")?.StartsWith("LlamaTokenizer", StringComparison.Ordinal) == true)
        {
            AddBos = Flag(content, "add_bos_token");
            AddEos = Flag(content, "add_eos_token");
        }
    }

    /// <summary>The file as it is written.</summary>
    public byte[] Json { get; }

    /// <summary><c>chat_template.jinja</c> as it is written, if there is one.</summary>
    public byte[]? Template { get; }

    public string? BosToken { get; private init; }

    public string? EosToken { get; private init; }

    public string? PadToken { get; }

    public string? UnkToken { get; private init; }

    public bool? AddBos { get; }

    public bool? AddEos { get; }

    /// <summary>The chat template in Jinja, or null.</summary>
    public string? ChatTemplateText { get; }

    /// <summary>Templates by name, where the file has a list of them; else the one as "default".</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; }

    /// <summary>Special tokens by the names that templates know them by: bos_token and the like.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; }

    public static TokenizerConfig Read(byte[]? json, byte[]? template)
    {
        try
        {
            json ??= "{}"u8.ToArray();
            if (JsonNode.Parse(json) is JsonObject content)
                return new TokenizerConfig(json, content, template);
            throw new InvalidDataException($"{FileName} is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{FileName} is not valid JSON: {e.Message}", e);
        }
    }

    public static TokenizerConfig Create(string? bos, string? eos, string? pad, string? unk, string? template)
    {
        var content = new JsonObject { ["backend"] = "tokenizers", ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        foreach (var (name, token) in new[] { ("bos_token", bos), ("eos_token", eos), ("pad_token", pad), ("unk_token", unk), ("chat_template", template) })
        {
            if (token is not null)
                content[name] = token;
        }
        return Read(Write(content), null);
    }

    /// <summary>The same with the special tokens that a SentencePiece model has, where the file names none.</summary>
    public TokenizerConfig WithTokens(string bos, string eos, IReadOnlyList<SentencePiece> pieces) => new(Json, (JsonObject)JsonNode.Parse(Json)!, Template)
    {
        BosToken = pieces.Any(p => p.Text == bos) ? bos : null,
        EosToken = pieces.Any(p => p.Text == eos) ? eos : null,
        UnkToken = UnkToken ?? pieces.First(p => p.Kind == PieceKind.Unknown).Text,
    };

    /// <summary>The same with another chat template.</summary>
    public TokenizerConfig WithTemplate(string template)
    {
        var content = (JsonObject)JsonNode.Parse(Json)!;
        if (Template is not null)
            return new TokenizerConfig(Json, content, System.Text.Encoding.UTF8.GetBytes(template));
        content["chat_template"] = template;
        return new TokenizerConfig(Write(content), content, null);
    }

    private static byte[] Write(JsonObject content) => System.Text.Encoding.UTF8.GetBytes(content.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n");

    private static string? Token(JsonObject content, string name) => content[name] switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonObject token => Text(token, "content"),
        null => null,
        var other => throw new InvalidDataException($"{FileName}: {name} is {other.ToJsonString()}; expected a string or an object with 'content'."),
    };

    private static string? Text(JsonObject content, string name) => content[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool? Flag(JsonObject content, string name) => content[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    private static Dictionary<string, string> NamedTemplates(JsonObject content, string? text)
    {
        var named = new Dictionary<string, string>();
        foreach (var one in (content["chat_template"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (Text(one, "name") is { } name && Text(one, "template") is { } template)
                named[name] = template;
        }
        if (text is not null)
            named["default"] = text;
        return named;
    }

    private static Dictionary<string, string> NamedTokens(JsonObject content)
    {
        string[] names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
        var more = content["extra_special_tokens"] as JsonObject ?? [];
        return names.Select(n => (Name: n, Text: Token(content, n))).Concat(more.Select(m => (Name: m.Key, Text: Token(more, m.Key))))
            .Where(t => t.Text is not null).DistinctBy(t => t.Name).ToDictionary(t => t.Name, t => t.Text!);
    }

    // A string, or a list of named templates of which "default" counts.
    private static string? TemplateText(JsonObject content) => content["chat_template"] is JsonArray named
        ? named.OfType<JsonObject>().Where(t => Text(t, "name") == "default").Select(t => Text(t, "template")).FirstOrDefault()
        : Text(content, "chat_template");
}
