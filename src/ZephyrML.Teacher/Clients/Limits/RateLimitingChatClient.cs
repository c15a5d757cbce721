using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Keeps to a number of requests and of tokens a minute, first come, first served. Tokens are estimated before a call and corrected by the server's count after it. Where
/// the server says 429 with a Retry-After, all calls wait that long (a minute at most): it would refuse them too.
/// </summary>
internal sealed class RateLimitingChatClient : DelegatingChatClient
{
    private const int UnboundedAnswer = 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);        // a quota that is used up until tomorrow is an error to be told, not to be waited for

    private readonly RateBucket? _requests, _tokens;
    private readonly TokenEstimator _estimator;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private DateTimeOffset _pausedUntil;

    public RateLimitingChatClient(IChatClient client, int? requestsPerMinute, int? tokensPerMinute, Func<string, int>? countTokens = null, TimeProvider? time = null) : base(client)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requestsPerMinute ?? 1, 1, nameof(requestsPerMinute));
        ArgumentOutOfRangeException.ThrowIfLessThan(tokensPerMinute ?? 1, 1, nameof(tokensPerMinute));
        _time = time ?? TimeProvider.System;
        _requests = requestsPerMinute is { } requests ? new(requests, _time) : null;
        _tokens = tokensPerMinute is { } tokens ? new(tokens, _time) : null;
        _estimator = new(countTokens);
    }

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var estimate = await TakeAsync(list, options, cancellationToken).ConfigureAwait(false);
        long used = 0;
        try
        {
            var response = await base.GetResponseAsync(list, options, cancellationToken).ConfigureAwait(false);
            used = Used(list, options, response.Usage, estimate);
            return response;
        }
        catch (Exception e) when (See(e))
        {
            throw;
        }
        finally
        {
            Correct(estimate, used);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var estimate = await TakeAsync(list, options, cancellationToken).ConfigureAwait(false);
        long used = 0;
        UsageDetails? usage = null;
        var stream = base.GetStreamingResponseAsync(list, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e) when (See(e))
                {
                    throw;
                }
                used = estimate;                                                   // a stream that is left has been paid for as well
                usage = stream.Current.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
                yield return stream.Current;
            }
            used = Used(list, options, usage, estimate);
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            Correct(estimate, used);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _turn.Dispose();
        base.Dispose(disposing);
    }

    private async Task<long> TakeAsync(IList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var estimate = _estimator.Input(messages, options) + _estimator.Output(options, UnboundedAnswer);
        var clock = CallClock.Current;
        clock?.Pause();
        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                while (Try(estimate) is { } wait)
                    await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            clock?.Resume();
        }
        return estimate;
    }

    /// <summary>Takes what a call needs, or tells how long to wait; half a second at most, since another call may give back.</summary>
    private TimeSpan? Try(long tokens)
    {
        lock (_lock)
        {
            var wait = _pausedUntil - _time.GetUtcNow();
            wait = Max(wait, Max(_requests?.WaitFor(1) ?? default, _tokens?.WaitFor(tokens) ?? default));
            if (wait > TimeSpan.Zero)
                return TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, 500));
            _requests?.Take(1);
            _tokens?.Take(tokens);
            return null;
        }
    }

    private void Correct(long estimate, long used)
    {
        lock (_lock)
            _tokens?.Take(used - estimate);
    }

    private long Used(IList<ChatMessage> messages, ChatOptions? options, UsageDetails? usage, long estimate)
    {
        _estimator.Learn(messages, options, usage);
        return usage?.TotalTokenCount ?? (usage?.InputTokenCount is null && usage?.OutputTokenCount is null ? estimate : (usage.InputTokenCount ?? 0) + (usage.OutputTokenCount ?? 0));
    }

    private bool See(Exception e)
    {
        if (Failure.Of(e) is { Status: 429, RetryAfter: { } asked })
        {
            lock (_lock)
            {
                var until = _time.GetUtcNow() + (asked < LongestPause ? asked : LongestPause);
                _pausedUntil = until > _pausedUntil ? until : _pausedUntil;
            }
        }
        return false;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
