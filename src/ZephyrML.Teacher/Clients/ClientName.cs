using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>How messages call a client: by its model, else "the teacher".</summary>
internal static class ClientName
{
    public static string Of(IChatClient client, ChatOptions? options = null) =>
        (options?.ModelId ?? client.GetService<ChatClientMetadata>()?.DefaultModelId) is { Length: > 0 } model ? $"model '{model}'" : "the teacher";
}
