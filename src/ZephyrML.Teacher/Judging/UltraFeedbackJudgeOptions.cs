namespace ZephyrML.Teacher;

/// <summary>How <see cref="UltraFeedbackJudge"/> asks.</summary>
public sealed class UltraFeedbackJudgeOptions
{
    /// <summary>What is judged, one call for each. Default: UltraFeedback's four.</summary>
    public IReadOnlyList<JudgeAspect> Aspects { get; set; } = Enum.GetValues<JudgeAspect>();

    /// <summary>The judge's temperature; null: the server's own. Default: 0.</summary>
    public float? Temperature { get; set; } = 0;

    /// <summary>The longest reply, in tokens. Default: 1024.</summary>
    public int MaxOutputTokens { get; set; } = 1024;

    /// <summary>How often an aspect whose reply cannot be read is asked again, in another order. Default: 2.</summary>
    public int MaxReasks { get; set; } = 2;

    /// <summary>
    /// Whether an answer needs all its aspects for a score: true, the default, gives NaN where one could not be read, since means over different aspects do not
    /// compare; false takes the mean of those that are there. An aspect that the judge calls not applicable is left out of the mean either way.
    /// </summary>
    public bool RequireAllAspects { get; set; } = true;

    /// <summary>The seed of the orders in which the answers are shown. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>The judge's name; null: the model's, from the client's metadata.</summary>
    public string? Name { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(UltraFeedbackJudgeOptions))
        .Require(Aspects is { Count: > 0 } && Aspects.All(Enum.IsDefined) && Aspects.Distinct().Count() == Aspects.Count, "Aspects must be one or more, each once.")
        .Require(Temperature is null or (>= 0 and <= 2), $"Temperature must be between 0 and 2, not {Temperature}.")
        .Require(MaxOutputTokens >= 1, $"MaxOutputTokens must be 1 or more, not {MaxOutputTokens}.")
        .Require(MaxReasks >= 0, $"MaxReasks must be 0 or more, not {MaxReasks}.")
        .Throw();

    internal UltraFeedbackJudgeOptions Copy()
    {
        var copy = (UltraFeedbackJudgeOptions)MemberwiseClone();
        copy.Aspects = [.. Aspects];
        return copy;
    }
}
