namespace ZephyrML.Teacher;

/// <summary>
/// What a teacher may cost. A call is made only if its estimate (the prompt's tokens, and the longest answer that it allows) still fits beside what is spent and what the
/// calls under way may yet cost; afterwards the server's own count is what it cost. So the limits hold, but for the error of the estimated prompts.
/// </summary>
public sealed class BudgetOptions
{
    /// <summary>The most that may be spent, in the currency of the prices. Null, the default: no limit of money.</summary>
    public decimal? MaxCost { get; set; }

    /// <summary>The most tokens that may be used, prompts and answers together. Null, the default: no limit of tokens.</summary>
    public long? MaxTokens { get; set; }

    /// <summary>The price of a million tokens of prompts. Default: 0.</summary>
    public decimal CostPer1MInput { get; set; }

    /// <summary>The price of a million tokens of answers, reasoning included. Default: 0.</summary>
    public decimal CostPer1MOutput { get; set; }

    /// <summary>The price of a million tokens of prompts that the server had in a cache of its own. Null, the default: as <see cref="CostPer1MInput"/>.</summary>
    public decimal? CostPer1MCachedInput { get; set; }

    /// <summary>The longest answer of calls that do not limit it (<c>MaxOutputTokens</c>), in tokens. Default: 1024.</summary>
    public int ExpectedOutputTokens { get; set; } = 1024;

    /// <summary>
    /// A file (SQLite; made if missing) that keeps what was spent over restarts; all clients and processes with the same file spend from one purse, each at its own
    /// prices. Null, the default: counted from when the client was made, for that client alone.
    /// </summary>
    public string? Ledger { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(BudgetOptions))
        .Require(MaxCost is not null || MaxTokens is not null, "MaxCost or MaxTokens must be set.")
        .Require(MaxCost is null or (> 0 and <= 1_000_000_000), $"MaxCost must be above 0 and at most a billion, not {MaxCost}.")
        .Require(MaxTokens is null or > 0, $"MaxTokens must be above 0, not {MaxTokens}.")
        .Require(CostPer1MInput is >= 0 and <= 1_000_000, $"CostPer1MInput must be between 0 and a million, not {CostPer1MInput}.")
        .Require(CostPer1MOutput is >= 0 and <= 1_000_000, $"CostPer1MOutput must be between 0 and a million, not {CostPer1MOutput}.")
        .Require(CostPer1MCachedInput is null or (>= 0 and <= 1_000_000), $"CostPer1MCachedInput must be between 0 and a million, not {CostPer1MCachedInput}.")
        .Require(MaxCost is null || CostPer1MInput > 0 || CostPer1MOutput > 0, "MaxCost needs prices: CostPer1MInput, CostPer1MOutput.")
        .Require(ExpectedOutputTokens >= 1, $"ExpectedOutputTokens must be 1 or more, not {ExpectedOutputTokens}.")
        .Require(Ledger is null || !string.IsNullOrWhiteSpace(Ledger), "Ledger must be the path of a file.")
        .Throw();

    internal BudgetOptions Copy() => (BudgetOptions)MemberwiseClone();

    internal decimal Price(long input, long output, long cached = 0) =>
        ((input - cached) * CostPer1MInput + cached * (CostPer1MCachedInput ?? CostPer1MInput) + output * CostPer1MOutput) / 1_000_000m;
}
