using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Tries transient failures again. A stream is tried again only while nothing of it was handed on.</summary>
internal sealed class RetryingChatClient : DelegatingChatClient
{
    private readonly RetryOptions _options;
    private readonly TimeProvider _time;

    public RetryingChatClient(IChatClient client, RetryOptions options, TimeProvider? time = null) : base(client)
    {
        options.Validate();
        _options = options.Copy();
        _time = time ?? TimeProvider.System;
    }

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await base.GetResponseAsync(list, options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (Wait(e, attempt, cancellationToken) is { } wait)
            {
                await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        for (var attempt = 0; ; attempt++)
        {
            var stream = base.GetStreamingResponseAsync(list, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (stream.ConfigureAwait(false))
            {
                TimeSpan? again = null;
                var more = false;
                try
                {
                    more = await stream.MoveNextAsync().ConfigureAwait(false);
                }
                catch (Exception e) when (Wait(e, attempt, cancellationToken) is { } wait)
                {
                    again = wait;
                }
                if (again is { } delay)
                {
                    await Task.Delay(delay, _time, cancellationToken).ConfigureAwait(false);
                    continue;
                }
                while (more)
                {
                    yield return stream.Current;
                    more = await stream.MoveNextAsync().ConfigureAwait(false);
                }
                yield break;
            }
        }
    }

    /// <summary>How long to wait before the next attempt; null: this failure is final.</summary>
    private TimeSpan? Wait(Exception e, int attempt, CancellationToken cancellationToken)
    {
        var failure = Failure.Of(e);
        if (attempt >= _options.MaxRetries || cancellationToken.IsCancellationRequested || !failure.IsTransient)
            return null;
        var most = Math.Min(_options.MaxDelay.TotalMilliseconds, _options.Delay.TotalMilliseconds * Math.Pow(2, attempt));
        var wait = TimeSpan.FromMilliseconds(most * (0.5 + Random.Shared.NextDouble() / 2));
        if (failure.RetryAfter > _options.MaxDelay)
            return null;
        TeacherTelemetry.CountRetry(e);
        // a little later than asked for, each call by another bit: else all come back at the same moment
        return failure.RetryAfter is { } asked && asked + wait / 10 > wait ? asked + wait / 10 : wait;
    }
}
