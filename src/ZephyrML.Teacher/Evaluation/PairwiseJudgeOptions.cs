namespace ZephyrML.Teacher;

/// <summary>How <see cref="PairwiseJudge"/> asks.</summary>
public sealed class PairwiseJudgeOptions
{
    /// <summary>In which order the answers are shown. Default: both.</summary>
    public PairwiseOrder Order { get; set; } = PairwiseOrder.Both;

    /// <summary>The judge's temperature; null: the server's own. Default: 0.</summary>
    public float? Temperature { get; set; } = 0;

    /// <summary>The longest reply, in tokens. Default: 1024.</summary>
    public int MaxOutputTokens { get; set; } = 1024;

    /// <summary>How often a reply that cannot be read is asked for again. Default: 2.</summary>
    public int MaxReasks { get; set; } = 2;

    /// <summary>Comparisons that are made at the same time. Default: 8.</summary>
    public int MaxConcurrency { get; set; } = 8;

    /// <summary>The seed of the orders and of the marks around the answers. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>The judge's name; null: the model's, from the client's metadata.</summary>
    public string? Name { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(PairwiseJudgeOptions))
        .Require(Enum.IsDefined(Order), $"Order must be Both or Random, not {Order}.")
        .Require(Temperature is null or (>= 0 and <= 2), $"Temperature must be between 0 and 2, not {Temperature}.")
        .Require(MaxOutputTokens >= 1, $"MaxOutputTokens must be 1 or more, not {MaxOutputTokens}.")
        .Require(MaxReasks >= 0, $"MaxReasks must be 0 or more, not {MaxReasks}.")
        .Require(MaxConcurrency is >= 1 and <= 1024, $"MaxConcurrency must be between 1 and 1024, not {MaxConcurrency}.")
        .Throw();

    internal PairwiseJudgeOptions Copy() => (PairwiseJudgeOptions)MemberwiseClone();
}
