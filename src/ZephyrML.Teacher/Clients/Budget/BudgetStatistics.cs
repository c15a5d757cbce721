namespace ZephyrML.Teacher;

/// <summary>What a client with a budget has spent; <c>client.GetService&lt;BudgetStatistics&gt;()</c> gives it, and null where there is no budget.</summary>
public sealed class BudgetStatistics
{
    private readonly Func<Purse> _read;

    internal BudgetStatistics(Func<Purse> read, BudgetOptions options) => (_read, MaxCost, MaxTokens) = (read, options.MaxCost, options.MaxTokens);

    /// <summary>The most that may be spent; null: no limit of money.</summary>
    public decimal? MaxCost { get; }

    /// <summary>The most tokens that may be used; null: no limit of tokens.</summary>
    public long? MaxTokens { get; }

    /// <summary>What is spent, in the currency of the prices; with a ledger, by all who share it.</summary>
    public decimal Spent => _read().Spent.Cost;

    /// <summary>The tokens of prompts that are used.</summary>
    public long InputTokens => _read().Spent.InputTokens;

    /// <summary>The tokens of answers that are used.</summary>
    public long OutputTokens => _read().Spent.OutputTokens;

    /// <summary>What the calls under way may yet cost, as estimated.</summary>
    public decimal Reserved => _read().Reserved.Cost;
}
