using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// The key of a cached answer: SHA-256 over a canonical JSON text of the teacher's name, the model, the messages, the options and the sample ordinal. Property
/// order is fixed, dictionaries are sorted, numbers are written shortest. Whoever changes what is written raises <see cref="Version"/>.
/// </summary>
internal static class CacheKey
{
    public const int Version = 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = false };

    public static byte[] Of(string teacher, string? model, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        using var buffer = new MemoryStream();
        using (var w = new Utf8JsonWriter(buffer, Options))
        {
            w.WriteStartObject();
            w.WriteNumber("version", Version);
            w.WriteString("teacher", teacher);
            w.WriteString("model", model);
            w.WriteNumber("sample", options.GetSample());
            w.WriteStartArray("messages");
            foreach (var message in messages)
                Message(w, message);
            w.WriteEndArray();
            if (options is not null)
                Settings(w, options);
            w.WriteEndObject();
        }
        return SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Message(Utf8JsonWriter w, ChatMessage message)
    {
        w.WriteStartObject();
        w.WriteString("role", message.Role.Value);
        if (message.AuthorName is { } author)
            w.WriteString("author", author);
        w.WriteStartArray("contents");
        foreach (var content in message.Contents)
        {
            if (content is TextContent text)
                w.WriteStringValue(text.Text);
            else
                Canonical(w, JsonSerializer.SerializeToElement(content, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(AIContent))));
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Settings(Utf8JsonWriter w, ChatOptions options)
    {
        if (options.RawRepresentationFactory is not null)
            throw new NotSupportedException("ChatOptions.RawRepresentationFactory is code, so it cannot be part of a cached answer's key; give its settings as AdditionalProperties.");
        if (options.ContinuationToken is not null || options.AllowBackgroundResponses == true)
            throw new NotSupportedException("Background responses cannot be cached; leave ContinuationToken and AllowBackgroundResponses unset.");
        w.WriteStartObject("options");
        Text(w, "instructions", options.Instructions);
        Text(w, "conversation", options.ConversationId);
        Number(w, "temperature", options.Temperature);
        Number(w, "topP", options.TopP);
        Number(w, "topK", options.TopK);
        Number(w, "maxOutputTokens", options.MaxOutputTokens);
        Number(w, "seed", options.Seed);
        Number(w, "frequencyPenalty", options.FrequencyPenalty);
        Number(w, "presencePenalty", options.PresencePenalty);
        if (options.StopSequences is { Count: > 0 } stops)
        {
            w.WriteStartArray("stop");
            foreach (var stop in stops)
                w.WriteStringValue(stop);
            w.WriteEndArray();
        }
        Value(w, "format", options.ResponseFormat, typeof(ChatResponseFormat));
        Value(w, "reasoning", options.Reasoning, typeof(ReasoningOptions));
        if (options.Tools is { Count: > 0 } tools)
        {
            Value(w, "toolMode", options.ToolMode, typeof(ChatToolMode));
            if (options.AllowMultipleToolCalls is { } several)
                w.WriteBoolean("severalToolCalls", several);
            w.WriteStartArray("tools");
            foreach (var tool in tools)
            {
                w.WriteStartObject();
                w.WriteString("type", (tool as AIFunctionDeclaration)?.Name is null ? tool.GetType().FullName : "function");
                w.WriteString("name", tool.Name);
                w.WriteString("description", tool.Description);
                if (tool is AIFunctionDeclaration function)
                {
                    w.WritePropertyName("schema");
                    Canonical(w, function.JsonSchema);
                }
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        if (options.AdditionalProperties is { Count: > 0 } more)
        {
            w.WriteStartObject("more");
            foreach (var (name, value) in more.Where(p => p.Key != ChatOptionsExtensions.SampleKey).OrderBy(p => p.Key, StringComparer.Ordinal))
                Value(w, name, value, typeof(object), always: true);
            w.WriteEndObject();
        }
        w.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter w, string name, string? value)
    {
        if (value is not null)
            w.WriteString(name, value);
    }

    private static void Number(Utf8JsonWriter w, string name, float? value)
    {
        if (value is { } number)
            w.WriteNumber(name, number);
    }

    private static void Number(Utf8JsonWriter w, string name, long? value)
    {
        if (value is { } number)
            w.WriteNumber(name, number);
    }

    private static void Value(Utf8JsonWriter w, string name, object? value, Type type, bool always = false)
    {
        if (value is null && !always)
            return;
        JsonElement element;
        try
        {
            element = JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(type));
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            throw new NotSupportedException($"The chat option '{name}' ({value!.GetType().Name}) cannot be written as JSON, so it cannot be part of a cached answer's key.", e);
        }
        w.WritePropertyName(name);
        Canonical(w, element);
    }

    /// <summary>Writes JSON with the properties of every object sorted.</summary>
    private static void Canonical(Utf8JsonWriter w, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                w.WriteStartObject();
                foreach (var property in element.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    w.WritePropertyName(property.Name);
                    Canonical(w, property.Value);
                }
                w.WriteEndObject();
                break;
            case JsonValueKind.Array:
                w.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                    Canonical(w, item);
                w.WriteEndArray();
                break;
            default:
                element.WriteTo(w);
                break;
        }
    }
}
