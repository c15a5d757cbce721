using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Ends a question, its retries and their waits included, that takes too long. Waiting for a slot or for the rate limit does not count, nor does a stream's reader.</summary>
internal sealed class TotalTimeoutChatClient : DelegatingChatClient
{
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;

    public TotalTimeoutChatClient(IChatClient client, TimeSpan limit, TimeProvider? time = null) : base(client)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        _limit = limit;
        _time = time ?? TimeProvider.System;
    }

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var clock = new CallClock(_limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        clock.Enter();
        try
        {
            return await base.GetResponseAsync(messages, options, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (clock.IsUp && !cancellationToken.IsCancellationRequested)
        {
            throw TooLate(options, e);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var clock = new CallClock(_limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        var stream = base.GetStreamingResponseAsync(messages, options, both.Token).GetAsyncEnumerator(both.Token);
        await using (stream.ConfigureAwait(false))
        {
            while (true)
            {
                clock.Enter();                                                     // an iterator's context is its reader's again after each piece
                try
                {
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        yield break;
                }
                catch (OperationCanceledException e) when (clock.IsUp && !cancellationToken.IsCancellationRequested)
                {
                    throw TooLate(options, e);
                }
                clock.Pause();
                yield return stream.Current;
                clock.Resume();
            }
        }
    }

    private TeacherException TooLate(ChatOptions? options, Exception e) =>
        new($"{ClientName.Of(this, options)} gave no answer within {_limit} (TotalTimeout), retries included.", e) { IsTransient = true };
}
