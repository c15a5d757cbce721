using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Reserves a call's estimate, then settles what it cost. A call that does not fit beside those under way waits for them, since they mostly cost less than reserved;
/// when none is under way, it is refused.
/// </summary>
internal sealed class BudgetChatClient : DelegatingChatClient
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);         // for those of other processes

    private readonly BudgetOptions _options;
    private readonly ISpendingLedger _ledger;
    private readonly BudgetStatistics _statistics;
    private TaskCompletionSource _settled = New();

    public BudgetChatClient(IChatClient client, BudgetOptions options, Func<string, int>? countTokens = null) : base(client)
    {
        options.Validate();
        _options = options.Copy();
        _ledger = _options.Ledger is { } path ? new FileLedger(path) : new MemoryLedger();
        _statistics = new(_ledger.Read, _options);
        Estimator = new(countTokens);
    }

    public TokenEstimator Estimator { get; }

    public BudgetOptions Options => _options;

    public Purse Purse => _ledger.Read();

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(BudgetStatistics) ? _statistics : base.GetService(serviceType, serviceKey);

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var (reservation, estimate) = await ReserveAsync(list, options, cancellationToken).ConfigureAwait(false);
        Amount cost = default;
        try
        {
            var response = await base.GetResponseAsync(list, options, cancellationToken).ConfigureAwait(false);
            cost = Cost(list, options, response.Usage, estimate, response.Text);
            return response;
        }
        finally
        {
            Settle(reservation, cost);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var (reservation, estimate) = await ReserveAsync(list, options, cancellationToken).ConfigureAwait(false);
        UsageDetails? usage = null;
        var text = new System.Text.StringBuilder();
        var begun = false;
        try
        {
            await foreach (var update in base.GetStreamingResponseAsync(list, options, cancellationToken).ConfigureAwait(false))
            {
                begun = true;
                usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
                text.Append(update.Text);
                yield return update;
            }
        }
        finally
        {
            Settle(reservation, begun ? Cost(list, options, usage, estimate, text.ToString()) : default);        // what came of a stream that broke or was left is charged too
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _ledger.Dispose();
        base.Dispose(disposing);
    }

    private async Task<(long Reservation, Amount Estimate)> ReserveAsync(IList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var (input, output) = (Estimator.Input(messages, options), TokenEstimator.MostOutput(options, _options.ExpectedOutputTokens));
        var estimate = new Amount(_options.Price(input, output), input, output);
        while (true)
        {
            var settled = Volatile.Read(ref _settled).Task;
            if (_ledger.TryReserve(estimate, _options, out var now) is { } reservation)
                return (reservation, estimate);
            if (now.Open == 0)
                throw BudgetExceededException.Of(ClientName.Of(this, options), estimate, now, _options);
            await Task.WhenAny(settled, Task.Delay(Poll, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void Settle(long reservation, Amount cost)
    {
        _ledger.Settle(reservation, cost);
        TeacherTelemetry.CountCost(cost.Cost);
        Interlocked.Exchange(ref _settled, New()).TrySetResult();
    }

    /// <summary>What a call cost: by the server's count, else by the estimate of its prompt and the length of its answer.</summary>
    private Amount Cost(IList<ChatMessage> messages, ChatOptions? options, UsageDetails? usage, Amount estimate, string answer)
    {
        Estimator.Learn(messages, options, usage);
        var (input, output) = (usage?.InputTokenCount ?? estimate.InputTokens, usage?.OutputTokenCount ?? Math.Min(estimate.OutputTokens, Estimator.Of(answer)));
        return new(_options.Price(input, output, Math.Min(input, usage?.CachedInputTokenCount ?? 0)), input, output);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
