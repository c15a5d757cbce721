using ZephyrML.Teacher;

namespace ZephyrML;

/// <summary>Options of <c>z.TeacherGenerate</c>: how the teacher and the candidate models are asked, and which columns.</summary>
public sealed class TeacherGenerateOptions
{
    /// <summary>How many models of the pool answer each prompt (K of N, by weight); all of them where the pool has no more. Default 4 (UltraFeedback).</summary>
    public int ModelsPerPrompt { get; set; } = 4;

    /// <summary>How many answers each drawn model gives. Default 1.</summary>
    public int SamplesPerModel { get; set; } = 1;

    /// <summary>The teacher's temperature; null: the server's own. Default 0.7.</summary>
    public float? TeacherTemperature { get; set; } = 0.7f;

    /// <summary>The candidates' temperature; null: the server's own. Default 1 (UltraFeedback).</summary>
    public float? CandidateTemperature { get; set; } = 1;

    /// <summary>The share of probability that is sampled from; null: the server's own. Default null.</summary>
    public float? TopP { get; set; }

    /// <summary>The longest answer, in tokens; null: the server's own. Default 1024 (UltraFeedback).</summary>
    public int? MaxOutputTokens { get; set; } = 1024;

    /// <summary>The seed that is sent with each request, for servers that honour one; it is part of a cached answer's key. Default null: none.</summary>
    public long? RequestSeed { get; set; }

    /// <summary>A system prompt for teacher and candidates; it goes before a dialogue's own. Default null: none.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>Which principles the candidates get as system prompts (UltraFeedback's mixes). Default <see cref="PrincipleMix.None"/>.</summary>
    public PrincipleMix Principles { get; set; } = PrincipleMix.None;

    /// <summary>
    /// What happens where the teacher or a candidate fails for good: <see cref="OnTeacherFailure.Stop"/> throws an exception that names the row and how many answers are safe in the response
    /// cache; with <see cref="OnTeacherFailure.Skip"/> its answer is missing and the others are kept. Default <see cref="OnTeacherFailure.Stop"/>.
    /// </summary>
    public OnTeacherFailure OnTeacherFailure { get; set; } = OnTeacherFailure.Stop;

    /// <summary>
    /// With <see cref="OnTeacherFailure.Skip"/>, the share of the data's rows that may fail in a pass, between 0 and 1; one more, and the pass stops. Where the data does not know its
    /// rows, the share of those so far, and of 20 at least. Default 0.1.
    /// </summary>
    public double MaxFailedFraction { get; set; } = 0.1;

    /// <summary>The seed of the drawn models and principles; null: derived from the catalog's. Default null.</summary>
    public int? Seed { get; set; }

    /// <summary>The column of prompts. Default Prompt.</summary>
    public string PromptColumn { get; set; } = ZephyrColumns.Prompt;

    /// <summary>The column of dialogues; where a row has one, it is what the answers continue. Default Messages.</summary>
    public string MessagesColumn { get; set; } = ZephyrColumns.Messages;

    /// <summary>The column that says where a prompt came from, for <see cref="PrincipleMix.BySource"/>; may be absent. Default source, as in UltraFeedback's files.</summary>
    public string SourceColumn { get; set; } = "source";

    /// <summary>The column of the teacher's answers that is read, where the data has it, and written. Default Response.</summary>
    public string ResponseColumn { get; set; } = ZephyrColumns.Response;

    /// <summary>The column of the candidates' answers that is read, where the data has it, and written. Default Candidates.</summary>
    public string CandidatesColumn { get; set; } = ZephyrColumns.Candidates;

    /// <summary>The column of the candidates' models that is read, where the data has it, and written. Default CandidateModels.</summary>
    public string CandidateModelsColumn { get; set; } = ZephyrColumns.CandidateModels;

    /// <summary>Throws one exception that lists everything that is wrong.</summary>
    /// <exception cref="ArgumentException">One or more options have impossible values.</exception>
    public void Validate()
    {
        var problems = new List<string>();
        try
        {
            Generator(0).Validate();
        }
        catch (ArgumentException e)
        {
            problems.Add(e.Message);
        }
        if (!Enum.IsDefined(OnTeacherFailure))
            problems.Add($"{nameof(OnTeacherFailure)} must be one of {string.Join(", ", Enum.GetNames<OnTeacherFailure>())}, not {OnTeacherFailure}.");
        if (!(MaxFailedFraction is >= 0 and <= 1))
            problems.Add($"{nameof(MaxFailedFraction)} must be between 0 and 1, not {MaxFailedFraction}.");
        foreach (var (option, column) in new[]
        {
            (nameof(PromptColumn), PromptColumn), (nameof(MessagesColumn), MessagesColumn), (nameof(SourceColumn), SourceColumn), (nameof(ResponseColumn), ResponseColumn),
            (nameof(CandidatesColumn), CandidatesColumn), (nameof(CandidateModelsColumn), CandidateModelsColumn),
        })
        {
            if (string.IsNullOrWhiteSpace(column))
                problems.Add($"{option} must name a column.");
        }
        if (problems.Count > 0)
            throw new ArgumentException($"{nameof(TeacherGenerateOptions)}: {string.Join(" ", problems)}");
    }

    internal TeacherGenerateOptions Copy() => (TeacherGenerateOptions)MemberwiseClone();

    internal AnswerGeneratorOptions Generator(int seed) => new()
    {
        ModelsPerPrompt = ModelsPerPrompt,
        SamplesPerModel = SamplesPerModel,
        TeacherTemperature = TeacherTemperature,
        CandidateTemperature = CandidateTemperature,
        TopP = TopP,
        MaxOutputTokens = MaxOutputTokens,
        RequestSeed = RequestSeed,
        SystemPrompt = SystemPrompt,
        Principles = Principles,
        OnTeacherFailure = OnTeacherFailure,
        Seed = seed,
    };
}
