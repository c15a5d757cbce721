using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>A whole answer as JSON: its messages, model, finish reason, usage. What a provider adds of its own (headers, raw objects) is left out.</summary>
internal static class StoredResponse
{
    private static readonly JsonSerializerOptions OneLine = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    public static string Write(ChatResponse response)
    {
        var copy = new ChatResponse([.. response.Messages.Select(Plain)])
        {
            ModelId = response.ModelId,
            ResponseId = response.ResponseId,
            CreatedAt = response.CreatedAt,
            FinishReason = response.FinishReason,
            Usage = response.Usage,
        };
        return JsonSerializer.Serialize(copy, OneLine.GetTypeInfo(typeof(ChatResponse)));
    }

    public static ChatResponse Read(string json) => (ChatResponse)JsonSerializer.Deserialize(json, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(ChatResponse)))!;

    private static ChatMessage Plain(ChatMessage message) =>
        new(message.Role, message.Contents) { AuthorName = message.AuthorName, MessageId = message.MessageId, CreatedAt = message.CreatedAt };
}
