using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Writes the body of a chat-completions request.</summary>
internal static class OpenAIRequest
{
    public static byte[] Write(string model, IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream, bool newTokenLimitName)
    {
        if (options?.Tools is { Count: > 0 })
            throw new NotSupportedException("This client offers no tools to the model; ChatOptions.Tools must be empty.");
        var more = options?.AdditionalProperties;
        using var buffer = new MemoryStream();
        using (var w = new Utf8JsonWriter(buffer, DialogueJson.WriterOptions))
        {
            w.WriteStartObject();
            w.WriteString("model", options?.ModelId ?? model);
            w.WriteStartArray("messages");
            if (options?.Instructions is { Length: > 0 } instructions)
                Message(w, "system", [new TextContent(instructions)]);
            foreach (var message in messages)
                Message(w, message.Role.Value, message.Contents);
            w.WriteEndArray();
            Number(w, "temperature", (decimal?)options?.Temperature, more);           // 0.7, where the double of a float reads 0.699999988079071
            Number(w, "top_p", (decimal?)options?.TopP, more);
            Number(w, "frequency_penalty", (decimal?)options?.FrequencyPenalty, more);
            Number(w, "presence_penalty", (decimal?)options?.PresencePenalty, more);
            Number(w, "top_k", options?.TopK, more);
            Number(w, "seed", options?.Seed, more);
            if (options?.Reasoning?.Effort is { } effort && !Has(more, "reasoning_effort"))
                w.WriteString("reasoning_effort", effort switch { ReasoningEffort.None => "none", ReasoningEffort.Low => "low", ReasoningEffort.Medium => "medium", ReasoningEffort.High => "high", _ => "xhigh" });
            if (!Has(more, "max_tokens") && !Has(more, "max_completion_tokens"))
                Number(w, newTokenLimitName ? "max_completion_tokens" : "max_tokens", options?.MaxOutputTokens, more);
            if (options?.StopSequences is { Count: > 0 } stops && !Has(more, "stop"))
            {
                w.WriteStartArray("stop");
                foreach (var stop in stops)
                    w.WriteStringValue(stop);
                w.WriteEndArray();
            }
            if (!Has(more, "response_format"))
                Format(w, options?.ResponseFormat);
            if (stream)
                w.WriteBoolean("stream", true);
            if (stream && !Has(more, "stream_options"))
            {
                w.WriteStartObject("stream_options");
                w.WriteBoolean("include_usage", true);
                w.WriteEndObject();
            }
            foreach (var (name, value) in more ?? [])
            {
                if (name.StartsWith("zephyr.", StringComparison.Ordinal))
                    continue;
                w.WritePropertyName(name);
                JsonSerializer.Serialize(w, value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object)));
            }
            w.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>Whether the caller gives a setting by the server's own name; that one counts then.</summary>
    private static bool Has(AdditionalPropertiesDictionary? more, string name) => more?.ContainsKey(name) == true;

    private static void Number(Utf8JsonWriter w, string name, decimal? value, AdditionalPropertiesDictionary? more)
    {
        if (value is { } number && !Has(more, name))
            w.WriteNumber(name, number);
    }

    private static void Message(Utf8JsonWriter w, string role, IList<AIContent> contents)
    {
        var parts = contents.Where(c => c is not (TextReasoningContent or UsageContent)).ToList();
        w.WriteStartObject();
        w.WriteString("role", role);
        if (parts.TrueForAll(p => p is TextContent))
            w.WriteString("content", string.Concat(parts.Cast<TextContent>().Select(t => t.Text)));
        else
        {
            w.WriteStartArray("content");
            foreach (var part in parts)
                Part(w, part);
            w.WriteEndArray();
        }
        w.WriteEndObject();
    }

    private static void Part(Utf8JsonWriter w, AIContent part)
    {
        var image = part switch
        {
            DataContent data when data.HasTopLevelMediaType("image") => data.Uri,
            UriContent uri when uri.HasTopLevelMediaType("image") => uri.Uri.OriginalString,
            TextContent => null,
            _ => throw new NotSupportedException($"This client sends texts and images; a message holds a {part.GetType().Name}."),
        };
        w.WriteStartObject();
        w.WriteString("type", image is null ? "text" : "image_url");
        if (image is null)
            w.WriteString("text", ((TextContent)part).Text);
        else
        {
            w.WriteStartObject("image_url");
            w.WriteString("url", image);
            w.WriteEndObject();
        }
        w.WriteEndObject();
    }

    private static void Format(Utf8JsonWriter w, ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson json)
            return;
        w.WriteStartObject("response_format");
        w.WriteString("type", json.Schema is null ? "json_object" : "json_schema");
        if (json.Schema is { } schema)
        {
            w.WriteStartObject("json_schema");
            w.WriteString("name", json.SchemaName ?? "answer");
            if (json.SchemaDescription is { } description)
                w.WriteString("description", description);
            w.WritePropertyName("schema");
            schema.WriteTo(w);
            w.WriteEndObject();
        }
        w.WriteEndObject();
    }
}
