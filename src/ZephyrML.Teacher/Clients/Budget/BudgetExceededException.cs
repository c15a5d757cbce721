using System.Globalization;

namespace ZephyrML.Teacher;

/// <summary>A call was not made, because the budget does not cover it. Nothing was lost: what was answered before is in the cache, and a run with a higher limit goes on from there.</summary>
public sealed class BudgetExceededException : TeacherException
{
    /// <summary>Makes one.</summary>
    public BudgetExceededException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <summary>What is spent, in the currency of the budget's prices.</summary>
    public decimal Spent { get; init; }

    /// <summary>The most that may be spent; null: no limit of money.</summary>
    public decimal? Limit { get; init; }

    /// <summary>The tokens that are used.</summary>
    public long SpentTokens { get; init; }

    /// <summary>The most tokens that may be used; null: no limit of tokens.</summary>
    public long? TokenLimit { get; init; }

    /// <inheritdoc/>
    public override bool EndsRun => true;

    internal override TeacherException InContext(string context) =>
        new BudgetExceededException(context + Message, this) { Spent = Spent, Limit = Limit, SpentTokens = SpentTokens, TokenLimit = TokenLimit };

    internal static BudgetExceededException Of(string client, Amount estimate, Purse now, BudgetOptions limits)
    {
        var reached = new List<string>();
        if (limits.MaxCost is { } cost && now.Spent.Cost + estimate.Cost > cost)
            reached.Add($"{Money(now.Spent.Cost)} of {Money(cost)} (MaxCost) are spent, and the next call may cost {Money(estimate.Cost)}");
        if (limits.MaxTokens is { } tokens && now.Spent.Tokens + estimate.Tokens > tokens)
            reached.Add(string.Create(CultureInfo.InvariantCulture, $"{now.Spent.Tokens} of {tokens} tokens (MaxTokens) are used, and the next call may take {estimate.Tokens}"));
        var ledger = limits.Ledger is { } path ? $" The ledger is '{path}'." : "";
        return new($"The budget of {client} is used up: {string.Join("; ", reached)} ({estimate.InputTokens} tokens of prompt, up to {estimate.OutputTokens} of answer).{ledger}")
        {
            Spent = now.Spent.Cost,
            Limit = limits.MaxCost,
            SpentTokens = now.Spent.Tokens,
            TokenLimit = limits.MaxTokens,
        };
    }

    private static string Money(decimal amount) => amount.ToString("0.00####", CultureInfo.InvariantCulture);
}
