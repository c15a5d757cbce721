using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>A client whose answers a function gives; counts its calls and how many ran at once.</summary>
internal sealed class FakeChatClient(Func<IList<ChatMessage>, ChatOptions?, CancellationToken, Task<ChatResponse>> answer, ChatClientMetadata? metadata = null) : IChatClient
{
    private int _calls, _running, _most;

    public FakeChatClient(Func<string, string> answer) : this((m, _, _) => Task.FromResult(Reply(answer(m[^1].Text)))) { }

    public FakeChatClient(Func<string, ChatOptions?, string> answer) : this((m, o, _) => Task.FromResult(Reply(answer(m[^1].Text, o)))) { }

    public int Calls => _calls;

    public int MostAtOnce => _most;

    public List<ChatOptions?> Options { get; } = [];

    public List<IList<ChatMessage>> Messages { get; } = [];

    public static ChatResponse Reply(string text, ChatFinishReason? reason = null) => new(new ChatMessage(ChatRole.Assistant, text)) { FinishReason = reason ?? ChatFinishReason.Stop };

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        var list = messages.ToList();
        lock (Options)
        {
            Options.Add(options);
            Messages.Add(list);
            _most = Math.Max(_most, ++_running);
        }
        try
        {
            return await answer(list, options, cancellationToken);
        }
        finally
        {
            lock (Options)
                _running--;
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken);
        foreach (var word in response.Text.Split(' ').Select((w, i) => i == 0 ? w : " " + w))
            yield return new(ChatRole.Assistant, word) { MessageId = "m" };
        yield return new() { FinishReason = response.FinishReason, MessageId = "m" };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? metadata : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() { }
}
