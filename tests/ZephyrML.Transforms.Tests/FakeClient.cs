using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Transforms.Tests;

/// <summary>A chat client that answers by a rule, and counts.</summary>
internal sealed class FakeClient(string name, Func<string, string>? answer = null) : IChatClient
{
    private int _calls;
    private int _running;
    private int _mostAtOnce;

    public int Calls => Volatile.Read(ref _calls);

    public int MostAtOnce => Volatile.Read(ref _mostAtOnce);

    public TimeSpan Delay { get; init; }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        var running = Interlocked.Increment(ref _running);
        int most;
        while (running > (most = _mostAtOnce) && Interlocked.CompareExchange(ref _mostAtOnce, running, most) != most)
        {
        }
        try
        {
            // On purpose without ConfigureAwait(false): a careless client must not hang anybody.
            await Task.Delay(Delay, cancellationToken);
            var prompt = messages.Last(message => message.Role == ChatRole.User).Text;
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, answer is null ? $"{name}: {prompt}" : answer(prompt)));
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            yield return update;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("fake", null, name) : null;

    public void Dispose()
    {
    }
}
