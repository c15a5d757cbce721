namespace ZephyrML.Teacher;

/// <summary>How MT-Bench is run.</summary>
public sealed class MtBenchOptions
{
    /// <summary>The longest answer, in tokens. Default: 1024, as FastChat.</summary>
    public int MaxAnswerTokens { get; set; } = 1024;

    /// <summary>The longest judgement, in tokens. Default: 2048, as FastChat.</summary>
    public int MaxJudgementTokens { get; set; } = 2048;

    /// <summary>The temperature of answers; null: each category's own (writing and roleplay 0.7, stem and humanities 0.1, else 0). Default: null.</summary>
    public double? Temperature { get; set; }

    /// <summary>How often a judgement without a readable score is asked for again. Default: 2.</summary>
    public int MaxReasks { get; set; } = 2;

    /// <summary>Questions that are worked on at the same time. Default: 8.</summary>
    public int MaxConcurrency { get; set; } = 8;

    /// <summary>The seed of sampled answers. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(MtBenchOptions))
        .Require(MaxAnswerTokens >= 1, $"MaxAnswerTokens must be 1 or more, not {MaxAnswerTokens}.")
        .Require(MaxJudgementTokens >= 1, $"MaxJudgementTokens must be 1 or more, not {MaxJudgementTokens}.")
        .Require(Temperature is null or (>= 0 and <= 2), $"Temperature must be between 0 and 2, not {Temperature}.")
        .Require(MaxReasks >= 0, $"MaxReasks must be 0 or more, not {MaxReasks}.")
        .Require(MaxConcurrency is >= 1 and <= 1024, $"MaxConcurrency must be between 1 and 1024, not {MaxConcurrency}.")
        .Throw();

    internal MtBenchOptions Copy() => (MtBenchOptions)MemberwiseClone();
}
