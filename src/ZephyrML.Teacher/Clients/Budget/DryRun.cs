using System.Security.Cryptography;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Estimates what calls of a client would take, through the cache and the budget that stand around it. Nobody is asked.</summary>
internal sealed class DryRun(IChatClient client, BudgetOptions? prices)
{
    private const int Unbounded = 1024;

    private readonly CachingChatClient? _cache = client.GetService<CachingChatClient>();
    private readonly BudgetChatClient? _budget = client.GetService<BudgetChatClient>();
    private readonly HashSet<byte[]> _seen = new(ByteArrayComparer.Instance);
    private readonly TokenEstimator _estimator = client.GetService<BudgetChatClient>()?.Estimator ?? new();
    private double? _meanAnswer;
    private bool _looked;
    private long _calls, _cached, _input, _output, _most;

    public void Add(IList<ChatMessage> messages, ChatOptions? options)
    {
        _calls++;
        var known = _cache?.Look(messages, options, out var key) ?? Unknown(messages, options, out key);
        if (known || !_seen.Add(key))
        {
            _cached++;
            return;
        }
        if (!_looked)
            (_looked, _meanAnswer) = (true, _cache?.MeanAnswer());
        var most = TokenEstimator.MostOutput(options, (_budget?.Options ?? prices)?.ExpectedOutputTokens ?? Unbounded);
        _input += _estimator.Input(messages, options);
        _output += _meanAnswer is { } mean ? Math.Min(most, (long)Math.Ceiling(mean)) : most;
        _most += most;
    }

    public CostEstimate Result()
    {
        var paying = prices ?? _budget?.Options;
        var left = prices is not null ? prices.MaxCost : _budget is { Options.MaxCost: { } limit } ? limit - _budget.Purse.Spent.Cost : null;
        return new(_calls, _cached, _input, _output, _most, paying?.Price(_input, _output), paying?.Price(_input, _most), left);
    }

    /// <summary>Without a cache every call is paid, equal ones too.</summary>
    private bool Unknown(IList<ChatMessage> messages, ChatOptions? options, out byte[] key)
    {
        key = RandomNumberGenerator.GetBytes(16);
        return false;
    }
}
