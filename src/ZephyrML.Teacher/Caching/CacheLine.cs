using System.Globalization;
using System.Text.Json;

namespace ZephyrML.Teacher;

/// <summary>A line of an exported response cache: the first names form and key version, each further one is an answer.</summary>
internal static class CacheLine
{
    private const string Form = "zephyr_response_cache", KeyVersion = "key_version";
    private const int FormVersion = 1;

    public static string Header { get; } = $"{{\"{Form}\":{FormVersion},\"{KeyVersion}\":{CacheKey.Version}}}";

    public static void Write(Stream stream, CachedAnswer answer)
    {
        using (var w = new Utf8JsonWriter(stream, DialogueJson.WriterOptions))
        {
            w.WriteStartObject();
            w.WriteString("key", Convert.ToHexStringLower(answer.Key));
            w.WriteString("teacher", answer.Teacher);
            w.WriteString("model", answer.Model);
            w.WriteNumber("sample", answer.Sample);
            w.WriteString("created", answer.Created);
            if (answer.InputTokens is { } input)
                w.WriteNumber("input_tokens", input);
            if (answer.OutputTokens is { } output)
                w.WriteNumber("output_tokens", output);
            w.WritePropertyName("response");
            using var response = JsonDocument.Parse(answer.Response);
            response.RootElement.WriteTo(w);                                       // on one line, however it is stored
            w.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }

    /// <exception cref="FormatException">It is no header, or that of another version.</exception>
    public static void CheckHeader(string? line)
    {
        using var document = Parse(line ?? "");
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(Form, out var form) || !form.TryGetInt32(out var version))
            throw new FormatException($"it is not the first line of an exported response cache ({Header}).");
        if (version != FormVersion)
            throw new FormatException($"its form is {version}; this version reads {FormVersion}.");
        if (!root.TryGetProperty(KeyVersion, out var key) || !key.TryGetInt32(out version) || version != CacheKey.Version)
            throw new FormatException($"its {KeyVersion} must be {CacheKey.Version}: keys of another version would never be found again.");
    }

    /// <exception cref="FormatException">It is no answer.</exception>
    public static CachedAnswer Read(string line)
    {
        using var document = Parse(line);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException($"it is a JSON {root.ValueKind}, not an object.");
        var key = Text(root, "key", required: true)!;
        if (key.Length != 64 || !key.All(char.IsAsciiHexDigit))
            throw new FormatException("'key' must be 64 hexadecimal digits.");
        if (!root.TryGetProperty("response", out var response) || response.ValueKind != JsonValueKind.Object)
            throw new FormatException("'response' must be an object.");
        var created = Text(root, "created", required: true)!;
        if (!DateTimeOffset.TryParse(created, CultureInfo.InvariantCulture, out _))
            throw new FormatException("'created' must be a time.");
        var text = response.GetRawText();
        try
        {
            StoredResponse.Read(text);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new FormatException($"'response' is no chat response: {e.Message}", e);
        }
        return new(Convert.FromHexString(key), Text(root, "teacher", required: true)!, Text(root, "model", required: false), (int)(Number(root, "sample", int.MaxValue) ?? 0), created,
            Number(root, "input_tokens"), Number(root, "output_tokens"), text);
    }

    private static JsonDocument Parse(string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is no JSON: {e.Message}", e);
        }
    }

    private static string? Text(JsonElement root, string name, bool required)
    {
        if (root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && (!required || value.GetString()!.Length > 0))
            return value.GetString();
        return !required && value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : throw new FormatException($"'{name}' must be a text.");
    }

    private static long? Number(JsonElement root, string name, long most = long.MaxValue)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 && number <= most ? number : throw new FormatException($"'{name}' must be a whole number, not negative.");
    }
}
