using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using ZephyrML.Teacher;

namespace WeatherDesk;

/// <summary>A chat model that is a program: its answer hangs on its name, its seed and the words of the request, on nothing else.</summary>
public abstract class EmbeddedChatClient(string name, int seed) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("weather-desk", defaultModelId: name);
    private long _calls;

    /// <summary>How often it was asked.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Answers the last user message.</summary>
    protected abstract string Answer(string message, SeedStream random);

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _calls);
        var last = messages.LastOrDefault(m => m.Role == ChatRole.User)?.Text ?? "";
        var text = Answer(last, new SeedStream(seed, $"{name}/{options.GetSample()}/{last}"));
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, text)) { ModelId = name, FinishReason = ChatFinishReason.Stop });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
            yield return update;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null : serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose() => GC.SuppressFinalize(this);
}
