using ZephyrML.Teacher;

namespace ZephyrML;

/// <summary>Options of <c>z.Rank</c>: how scores become pairs, how the judge asks, and which columns.</summary>
public sealed class RankOptions
{
    /// <summary>Which of the lower-scored answers is rejected. Default <see cref="RejectedPolicy.Random"/> (the paper).</summary>
    public RejectedPolicy Rejected { get; set; } = RejectedPolicy.Random;

    /// <summary>How far below the chosen answer's score the rejected one's must be, at least; equal scores never make a pair. Default 0.</summary>
    public float MinScoreGap { get; set; }

    /// <summary>What happens where several answers share the highest score. Default <see cref="EqualBest.First"/>.</summary>
    public EqualBest EqualBest { get; set; } = EqualBest.First;

    /// <summary>The seed of the rejected answer's choice and of the orders in which the judge sees the answers; null: derived from the catalog's. Default null.</summary>
    public int? Seed { get; set; }

    /// <summary>
    /// What happens where the judge fails for good: <see cref="OnTeacherFailure.Stop"/> throws an exception that names the row and how many answers are safe in the response
    /// cache; with <see cref="OnTeacherFailure.Skip"/> the row's scores are missing. Default <see cref="OnTeacherFailure.Stop"/>.
    /// </summary>
    public OnTeacherFailure OnTeacherFailure { get; set; } = OnTeacherFailure.Stop;

    /// <summary>
    /// With <see cref="OnTeacherFailure.Skip"/>, the share of the data's rows that may fail in a pass, between 0 and 1; one more, and the pass stops. Where the data does not know its
    /// rows, the share of those so far, and of 20 at least. Default 0.1.
    /// </summary>
    public double MaxFailedFraction { get; set; } = 0.1;

    /// <summary>How a chat client is asked for its judgement (UltraFeedback's aspects); null: the defaults of <see cref="UltraFeedbackJudgeOptions"/>. Without effect where a judge is given. Default null.</summary>
    public UltraFeedbackJudgeOptions? Judge { get; set; }

    /// <summary>The column of prompts. Default Prompt.</summary>
    public string PromptColumn { get; set; } = ZephyrColumns.Prompt;

    /// <summary>The column of dialogues; where a row has one, it is what the answers continue. Default Messages.</summary>
    public string MessagesColumn { get; set; } = ZephyrColumns.Messages;

    /// <summary>
    /// A column of what is known to be right (a reference answer, say), which the judge is shown where it assesses truthfulness and helpfulness: UltraFeedback's "world knowledge".
    /// Default null: none.
    /// </summary>
    public string? ReferenceColumn { get; set; }

    /// <summary>The column of answers. Default Candidates.</summary>
    public string CandidatesColumn { get; set; } = ZephyrColumns.Candidates;

    /// <summary>The column of the answers' models. Default CandidateModels.</summary>
    public string CandidateModelsColumn { get; set; } = ZephyrColumns.CandidateModels;

    /// <summary>The column of scores that is read, where the data has it, and written. Default Scores.</summary>
    public string ScoresColumn { get; set; } = ZephyrColumns.Scores;

    /// <summary>The column of the better answers that is read, where the data has it, and written. Default Chosen.</summary>
    public string ChosenColumn { get; set; } = ZephyrColumns.Chosen;

    /// <summary>The column of the worse answers that is read, where the data has it, and written. Default Rejected.</summary>
    public string RejectedColumn { get; set; } = ZephyrColumns.Rejected;

    /// <summary>Throws one exception that lists everything that is wrong.</summary>
    /// <exception cref="ArgumentException">One or more options have impossible values.</exception>
    public void Validate()
    {
        var problems = new List<string>();
        if (!Enum.IsDefined(Rejected))
            problems.Add($"{nameof(Rejected)} must be one of {string.Join(", ", Enum.GetNames<RejectedPolicy>())}, not {Rejected}.");
        if (!float.IsFinite(MinScoreGap) || MinScoreGap < 0)
            problems.Add($"{nameof(MinScoreGap)} must be a finite number of at least 0, not {MinScoreGap}.");
        if (!Enum.IsDefined(EqualBest))
            problems.Add($"{nameof(EqualBest)} must be one of {string.Join(", ", Enum.GetNames<EqualBest>())}, not {EqualBest}.");
        try
        {
            Judge?.Validate();
        }
        catch (ArgumentException e)
        {
            problems.Add($"{nameof(Judge)}: {e.Message}");
        }
        if (!Enum.IsDefined(OnTeacherFailure))
            problems.Add($"{nameof(OnTeacherFailure)} must be one of {string.Join(", ", Enum.GetNames<OnTeacherFailure>())}, not {OnTeacherFailure}.");
        if (!(MaxFailedFraction is >= 0 and <= 1))
            problems.Add($"{nameof(MaxFailedFraction)} must be between 0 and 1, not {MaxFailedFraction}.");
        foreach (var (option, column) in new[]
        {
            (nameof(PromptColumn), PromptColumn), (nameof(MessagesColumn), MessagesColumn), (nameof(CandidatesColumn), CandidatesColumn),
            (nameof(CandidateModelsColumn), CandidateModelsColumn), (nameof(ScoresColumn), ScoresColumn), (nameof(ChosenColumn), ChosenColumn), (nameof(RejectedColumn), RejectedColumn),
        })
        {
            if (string.IsNullOrWhiteSpace(column))
                problems.Add($"{option} must name a column.");
        }
        if (ReferenceColumn is not null && string.IsNullOrWhiteSpace(ReferenceColumn))
            problems.Add($"{nameof(ReferenceColumn)} must be null or name a column.");
        if (problems.Count > 0)
            throw new ArgumentException($"{nameof(RankOptions)}: {string.Join(" ", problems)}");
    }

    internal RankOptions Copy()
    {
        var copy = (RankOptions)MemberwiseClone();
        copy.Judge = Judge?.Copy();
        return copy;
    }

    internal PairOptions Pairs(int seed) => new() { Rejected = Rejected, MinScoreGap = MinScoreGap, EqualBest = EqualBest, Seed = seed };
}
