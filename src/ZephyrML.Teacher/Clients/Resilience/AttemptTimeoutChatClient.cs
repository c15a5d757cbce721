using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Ends a call that takes too long. Of a stream each piece has that time: a long answer is no fault, and neither is a slow reader.</summary>
internal sealed class AttemptTimeoutChatClient : DelegatingChatClient
{
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;

    public AttemptTimeoutChatClient(IChatClient client, TimeSpan limit, TimeProvider? time = null) : base(client)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        _limit = limit;
        _time = time ?? TimeProvider.System;
    }

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var clock = new CancellationTokenSource(_limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            return await base.GetResponseAsync(messages, options, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TooLate(options, e);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var clock = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        var stream = base.GetStreamingResponseAsync(messages, options, both.Token).GetAsyncEnumerator(both.Token);
        await using (stream.ConfigureAwait(false))
        {
            while (true)
            {
                clock.CancelAfter(_limit);
                try
                {
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        yield break;
                }
                catch (OperationCanceledException e) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                {
                    throw TooLate(options, e);
                }
                clock.CancelAfter(Timeout.InfiniteTimeSpan);
                yield return stream.Current;
            }
        }
    }

    private TeacherException TooLate(ChatOptions? options, Exception e) => new($"The server of {ClientName.Of(this, options)} did not answer within {_limit} (Timeout).", e) { IsTransient = true };
}
