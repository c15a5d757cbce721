using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly;
using Polly.CircuitBreaker;

namespace ZephyrML.Teacher;

/// <summary>Polly's circuit breaker around a client. While the circuit is open, calls wait: they hold their slots, so that those behind them do not run into it one by one.</summary>
internal sealed class CircuitBreakingChatClient : DelegatingChatClient
{
    private readonly CircuitBreakerOptions _options;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _pipeline;

    public CircuitBreakingChatClient(IChatClient client, CircuitBreakerOptions options, TimeProvider? time = null) : base(client)
    {
        options.Validate();
        _options = options.Copy();
        _time = time ?? TimeProvider.System;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = _time }.AddCircuitBreaker(new()
        {
            FailureRatio = _options.FailureRatio,
            MinimumThroughput = _options.MinimumCalls,
            SamplingDuration = _options.Window,
            BreakDuration = _options.Break,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } e && Failure.Of(e).IsOutage),
        }).Build();
    }

    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        return ThroughAsync(token => base.GetResponseAsync(list, options, token), options, cancellationToken);
    }

    /// <summary>A stream counts by its first piece.</summary>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var (stream, more) = await ThroughAsync(async token =>
        {
            // the caller's token, not the pipeline's: the stream outlives this call
            var pieces = base.GetStreamingResponseAsync(list, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            try
            {
                return (Pieces: pieces, More: await pieces.MoveNextAsync().ConfigureAwait(false));
            }
            catch
            {
                await pieces.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }, options, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            for (; more; more = await stream.MoveNextAsync().ConfigureAwait(false))
                yield return stream.Current;
        }
    }

    private async Task<T> ThroughAsync<T>(Func<CancellationToken, Task<T>> call, ChatOptions? options, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await _pipeline.ExecuteAsync(async (ask, token) => await ask(token).ConfigureAwait(false), call, cancellationToken).ConfigureAwait(false);
            }
            catch (BrokenCircuitException e)
            {
                if (_time.GetElapsedTime(start) >= _options.MaxWait)
                    throw new RunEndedException($"The server of {ClientName.Of(this, options)} has been failing for {_options.MaxWait} or longer{Last(e)}", e);
                var wait = e.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked : TimeSpan.FromMilliseconds(100);    // half open: another call is trying
                await Task.Delay(wait + TimeSpan.FromMilliseconds(10), _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string Last(Exception e) => e.InnerException is { } last ? $"; the last failure: {last.Message}" : ".";
}
