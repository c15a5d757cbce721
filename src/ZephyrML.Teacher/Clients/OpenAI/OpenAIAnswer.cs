using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Reads answers and pieces of answers of the chat-completions protocol.</summary>
internal static class OpenAIAnswer
{
    /// <summary>A whole answer; null with a reason where the JSON is none.</summary>
    public static ChatResponse? Read(JsonElement root, out string? why)
    {
        why = Problem(root);
        if (why is not null)
            return null;
        if (First(root, "choices") is not { } choice || Get(choice, "message") is not { ValueKind: JsonValueKind.Object } message)
        {
            why = "it holds no choices[0].message";
            return null;
        }
        var contents = Contents(message);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents) { MessageId = Text(root, "id") })
        {
            ResponseId = Text(root, "id"),
            ModelId = Text(root, "model"),
            CreatedAt = Created(root),
            FinishReason = Finish(choice),
            Usage = Usage(root),
        };
    }

    /// <summary>A piece of a streamed answer; null with a reason where the JSON is none.</summary>
    public static ChatResponseUpdate? ReadPiece(JsonElement root, out string? why)
    {
        why = Problem(root);
        if (why is not null)
            return null;
        var update = new ChatResponseUpdate { ResponseId = Text(root, "id"), MessageId = Text(root, "id"), ModelId = Text(root, "model"), CreatedAt = Created(root), Role = ChatRole.Assistant };
        if (First(root, "choices") is { } choice)
        {
            update.FinishReason = Finish(choice);
            if (Get(choice, "delta") is { ValueKind: JsonValueKind.Object } delta)
                update.Contents = Contents(delta);
        }
        if (Usage(root) is { } usage)
            update.Contents.Add(new UsageContent(usage));
        return update;
    }

    private static string? Problem(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return $"it is a JSON {root.ValueKind}, not an object";
        return Get(root, "error") is { ValueKind: not JsonValueKind.Null } ? "it holds an error" : null;
    }

    private static List<AIContent> Contents(JsonElement message)
    {
        var contents = new List<AIContent>();
        if ((Text(message, "reasoning_content") ?? Text(message, "reasoning")) is { Length: > 0 } thought)
            contents.Add(new TextReasoningContent(thought));
        var text = Get(message, "content") switch
        {
            { ValueKind: JsonValueKind.String } s => s.GetString(),
            { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(p => Text(p, "text"))),
            _ => null,
        };
        text = text is { Length: > 0 } ? text : Text(message, "refusal");
        if (text is { Length: > 0 })
            contents.Add(new TextContent(text));
        return contents;
    }

    private static ChatFinishReason? Finish(JsonElement choice) =>
        Text(choice, "finish_reason") is { Length: > 0 } reason ? new ChatFinishReason(reason) : null;         // stop, length, content_filter, tool_calls: the abstractions use OpenAI's words

    private static UsageDetails? Usage(JsonElement root) => Get(root, "usage") is not { ValueKind: JsonValueKind.Object } usage ? null : new()
    {
        InputTokenCount = Count(usage, "prompt_tokens"),
        OutputTokenCount = Count(usage, "completion_tokens"),
        TotalTokenCount = Count(usage, "total_tokens"),
        CachedInputTokenCount = Get(usage, "prompt_tokens_details") is { } input ? Count(input, "cached_tokens") : null,
        ReasoningTokenCount = Get(usage, "completion_tokens_details") is { } output ? Count(output, "reasoning_tokens") : null,
    };

    private static DateTimeOffset? Created(JsonElement root) =>
        Count(root, "created") is { } seconds and > 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static JsonElement? Get(JsonElement e, string name) => e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) ? value : null;

    private static JsonElement? First(JsonElement e, string name) => Get(e, name) is { ValueKind: JsonValueKind.Array } a && a.GetArrayLength() > 0 ? a[0] : null;

    private static string? Text(JsonElement e, string name) => Get(e, name) is { ValueKind: JsonValueKind.String } s ? s.GetString() : null;

    private static long? Count(JsonElement e, string name) => Get(e, name) is { ValueKind: JsonValueKind.Number } n && n.TryGetInt64(out var count) ? count : null;
}
