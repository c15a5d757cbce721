namespace ZephyrML.Teacher;

/// <summary>How <see cref="UltraFeedbackJudge"/> asks.</summary>
public sealed class UltraFeedbackJudgeOptions
{
    /// <summary>What is judged, one call for each. Default: UltraFeedback's four. May be empty where the score is <see cref="JudgeScore.Overall"/>.</summary>
    public IReadOnlyList<JudgeAspect> Aspects { get; set; } = Enum.GetValues<JudgeAspect>();

    /// <summary>
    /// Whether each answer is criticised too, in a call of its own that ends with an overall score from 1 to 10. Default: false; <see cref="JudgeScore.Overall"/> asks for it either way.
    /// </summary>
    public bool Critique { get; set; }

    /// <summary>What makes an answer's score. Default: the mean of its aspects, as in the Zephyr paper.</summary>
    public JudgeScore Score { get; set; } = JudgeScore.MeanOfAspects;

    /// <summary>
    /// Whether each aspect is asked twice, the second time in the reverse order, and the mean of both ratings counts: twice the price, without the judge's liking for a place.
    /// Default: false; the order is shuffled either way.
    /// </summary>
    public bool SwapOrders { get; set; }

    /// <summary>
    /// Whether replies are asked for as JSON by a schema (<c>ChatOptions.ResponseFormat</c>), which the client and its server must support. A reply that is none is read as text.
    /// Default: false.
    /// </summary>
    public bool StructuredOutput { get; set; }

    /// <summary>The judge's temperature; null: the server's own. Default: 0.</summary>
    public float? Temperature { get; set; } = 0;

    /// <summary>The longest reply, in tokens. Default: 1024.</summary>
    public int MaxOutputTokens { get; set; } = 1024;

    /// <summary>How often an aspect or a critique whose reply cannot be read is asked again; an aspect in another order. Default: 2.</summary>
    public int MaxReasks { get; set; } = 2;

    /// <summary>
    /// Whether an answer needs all its aspects for a score: true, the default, gives NaN where one could not be read, since means over different aspects do not
    /// compare; false takes the mean of those that are there. An aspect that the judge calls not applicable is left out of the mean either way.
    /// </summary>
    public bool RequireAllAspects { get; set; } = true;

    /// <summary>The seed of the orders in which the answers are shown; null, the default: Rank's, and 0 where the judge is used by itself.</summary>
    public int? Seed { get; set; }

    /// <summary>The judge's name; null: the model's, from the client's metadata.</summary>
    public string? Name { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(UltraFeedbackJudgeOptions))
        .Require(Aspects is not null && (Aspects.Count > 0 || Score == JudgeScore.Overall) && Aspects.All(Enum.IsDefined) && Aspects.Distinct().Count() == Aspects.Count, "Aspects must be one or more, each once.")
        .Require(Enum.IsDefined(Score), $"Score {Score} is not known.")
        .Require(Temperature is null or (>= 0 and <= 2), $"Temperature must be between 0 and 2, not {Temperature}.")
        .Require(MaxOutputTokens >= 1, $"MaxOutputTokens must be 1 or more, not {MaxOutputTokens}.")
        .Require(MaxReasks >= 0, $"MaxReasks must be 0 or more, not {MaxReasks}.")
        .Throw();

    /// <summary>A copy, on which later changes of this object have no effect.</summary>
    public UltraFeedbackJudgeOptions Copy()
    {
        var copy = (UltraFeedbackJudgeOptions)MemberwiseClone();
        copy.Aspects = Aspects is null ? null! : [.. Aspects];
        return copy;
    }
}
