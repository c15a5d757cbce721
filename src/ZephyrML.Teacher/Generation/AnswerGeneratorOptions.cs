namespace ZephyrML.Teacher;

/// <summary>How <see cref="AnswerGenerator"/> asks.</summary>
public sealed class AnswerGeneratorOptions
{
    /// <summary>How many models of the pool answer each prompt (K of N, by weight); all of them where the pool has no more. Default: 4, as in UltraFeedback.</summary>
    public int ModelsPerPrompt { get; set; } = 4;

    /// <summary>How many answers each drawn model gives. Default: 1.</summary>
    public int SamplesPerModel { get; set; } = 1;

    /// <summary>The teacher's temperature; null: the server's own. Default: 0.7.</summary>
    public float? TeacherTemperature { get; set; } = 0.7f;

    /// <summary>The candidates' temperature; null: the server's own. Default: 1, as in UltraFeedback.</summary>
    public float? CandidateTemperature { get; set; } = 1;

    /// <summary>The share of probability that is sampled from; null: the server's own, the default.</summary>
    public float? TopP { get; set; }

    /// <summary>The longest answer, in tokens; null: the server's own. Default: 1024, as in UltraFeedback.</summary>
    public int? MaxOutputTokens { get; set; } = 1024;

    /// <summary>The seed that is sent with each request, for servers that honour one; it is part of a cached answer's key. Default: null, none.</summary>
    public long? RequestSeed { get; set; }

    /// <summary>A system prompt for teacher and candidates; it goes before a dialogue's own. Default: null, none.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>Which principles the candidates get as system prompts. Default: none; UltraFeedback's own mixes are there to choose from, one for each kind of prompt.</summary>
    public PrincipleMix Principles { get; set; } = PrincipleMix.None;

    /// <summary>The seed of the drawn models and principles. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>What happens where a model fails: <see cref="OnTeacherFailure.Skip"/> leaves its answer out, and names it in <see cref="GeneratedAnswers.Failures"/>. Default: <see cref="OnTeacherFailure.Stop"/>.</summary>
    public OnTeacherFailure OnTeacherFailure { get; set; } = OnTeacherFailure.Stop;

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(AnswerGeneratorOptions))
        .Require(ModelsPerPrompt >= 1, $"ModelsPerPrompt must be 1 or more, not {ModelsPerPrompt}.")
        .Require(SamplesPerModel >= 1, $"SamplesPerModel must be 1 or more, not {SamplesPerModel}.")
        .Require(TeacherTemperature is null or (>= 0 and <= 2), $"TeacherTemperature must be between 0 and 2, not {TeacherTemperature}.")
        .Require(CandidateTemperature is null or (>= 0 and <= 2), $"CandidateTemperature must be between 0 and 2, not {CandidateTemperature}.")
        .Require(TopP is null or (> 0 and <= 1), $"TopP must be above 0 and at most 1, not {TopP}.")
        .Require(MaxOutputTokens is null or >= 1, $"MaxOutputTokens must be 1 or more, not {MaxOutputTokens}.")
        .Require(Enum.IsDefined(Principles), $"Principles {Principles} is not known.")
        .Require(Enum.IsDefined(OnTeacherFailure), $"OnTeacherFailure {OnTeacherFailure} is not known.")
        .Throw();

    internal AnswerGeneratorOptions Copy() => (AnswerGeneratorOptions)MemberwiseClone();
}
