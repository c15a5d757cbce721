namespace ZephyrML.Teacher;

/// <summary>What calls would take, estimated before any is made.</summary>
/// <param name="Calls">The calls, those among them that a cache answers.</param>
/// <param name="Cached">Calls that cost nothing: the response cache has their answers, or another one among them asks the same.</param>
/// <param name="InputTokens">Tokens of the prompts that must be paid.</param>
/// <param name="OutputTokens">Tokens of their answers, as the answers that the cache has let expect; without those, the longest that the calls allow.</param>
/// <param name="MostOutputTokens">Tokens of their answers at most.</param>
/// <param name="Cost">What that costs, in the currency of the budget's prices; null where no budget gives prices.</param>
/// <param name="MostCost">What it costs at most.</param>
/// <param name="Left">What the budget has left; null where it has no limit of money.</param>
public sealed record CostEstimate(long Calls, long Cached, long InputTokens, long OutputTokens, long MostOutputTokens, decimal? Cost, decimal? MostCost, decimal? Left)
{
    /// <summary>Calls that must be paid.</summary>
    public long Paid => Calls - Cached;

    /// <summary>Whether the expected cost fits into what the budget has left; true where there is no limit.</summary>
    public bool Fits => Left is not { } left || Cost <= left;

    /// <summary>Both together: for a pipeline that asks several clients. What is left is the smaller of both, since they may share a purse.</summary>
    public static CostEstimate operator +(CostEstimate a, CostEstimate b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return new(a.Calls + b.Calls, a.Cached + b.Cached, a.InputTokens + b.InputTokens, a.OutputTokens + b.OutputTokens, a.MostOutputTokens + b.MostOutputTokens,
            Sum(a.Cost, b.Cost), Sum(a.MostCost, b.MostCost), a.Left is null || b.Left is null ? a.Left ?? b.Left : Math.Min(a.Left.Value, b.Left.Value));
    }

    private static decimal? Sum(decimal? a, decimal? b) => a is null && b is null ? null : (a ?? 0) + (b ?? 0);
}
