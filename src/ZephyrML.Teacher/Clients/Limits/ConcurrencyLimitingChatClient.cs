using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>A semaphore around a client. Where a response cache stands outside, a slot is held until the answer is stored (<see cref="CallScope"/>).</summary>
internal sealed class ConcurrencyLimitingChatClient : DelegatingChatClient
{
    private readonly SemaphoreSlim _slots;

    public ConcurrencyLimitingChatClient(IChatClient client, int most) : base(client)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        _slots = new(most, most);
    }

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await TakeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
            Give();
            return response;
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await TakeAsync(cancellationToken).ConfigureAwait(false);
        var whole = false;
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
                yield return update;
            whole = true;
        }
        finally
        {
            if (whole)
                Give();
            else
                _slots.Release();
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        var (scope, clock) = (CallScope.Current, CallClock.Current);
        scope?.BeginWait();
        clock?.Pause();
        try
        {
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            clock?.Resume();
            scope?.EndWait();
        }
        try
        {
            scope?.Check();
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    private void Give()
    {
        if (CallScope.Current is { } scope)
            scope.AfterStored(() => _slots.Release());
        else
            _slots.Release();
    }
}
