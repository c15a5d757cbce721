using System.Globalization;
using System.Text.Json.Serialization;

namespace ZephyrML.Teacher;

/// <summary>How one model's answers fare against another's before a judge, and how far the judge can be trusted.</summary>
public sealed class JudgedMetrics : IEvaluationResult
{
    /// <summary>Counts judgements.</summary>
    /// <param name="judge">Who judged.</param>
    /// <param name="questions">What was compared.</param>
    /// <param name="judgements">What was said of each, in the same order.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or no judgement could be read.</exception>
    public JudgedMetrics(string judge, IReadOnlyList<PairwiseQuestion> questions, IReadOnlyList<PairwiseJudgement> judgements)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(judgements);
        if (questions.Count != judgements.Count)
            throw new ArgumentException($"There are {questions.Count} questions but {judgements.Count} judgements.", nameof(judgements));
        var outcomes = judgements.Where(j => j.Outcome is not null).Select(j => j.Outcome!.Value).ToList();
        if (outcomes.Count == 0)
            throw new ArgumentException($"None of {judgements.Count} judgements of '{judge}' could be read; its last reply begins: {Start(judgements)}", nameof(judgements));
        Judge = judge;
        WinRate = WinRate.Of(outcomes);
        Unread = judgements.Count - outcomes.Count;
        Judgements = judgements;
        var both = judgements.Where(j => j.Calls.Count == 2 && j.Calls.All(c => c.Verdict != PairwiseVerdict.Unread)).ToList();
        Consistency = both.Count == 0 ? double.NaN : (double)both.Count(j => j.Calls[0].Verdict == j.Calls[1].Verdict) / both.Count;
        var decided = judgements.SelectMany(j => j.Calls).Where(c => c.Verdict is PairwiseVerdict.First or PairwiseVerdict.Second).ToList();
        FirstPlaceShare = decided.Count == 0 ? double.NaN : (double)decided.Count(c => (c.Verdict == PairwiseVerdict.First) != c.Swapped) / decided.Count;
        var lengths = judgements.Zip(questions)
            .Where(p => p.First.Verdict is PairwiseVerdict.First or PairwiseVerdict.Second && p.Second.First.Length != p.Second.Second.Length)
            .Select(p => (p.First.Verdict == PairwiseVerdict.First) == (p.Second.First.Length > p.Second.Second.Length)).ToList();
        LongerWinsShare = lengths.Count == 0 ? double.NaN : (double)lengths.Count(longer => longer) / lengths.Count;
    }

    /// <summary>Who judged.</summary>
    public string Judge { get; }

    /// <summary>The win rate with its interval; ties count half.</summary>
    public WinRate WinRate { get; }

    /// <summary>Comparisons without a readable verdict; they do not count.</summary>
    public int Unread { get; }

    /// <summary>Share of pairs, shown in both orders, whose verdict did not change with the order; NaN where none was shown in both.</summary>
    public double Consistency { get; }

    /// <summary>Share of decided calls that favour the first place: 0.5 where the judge does not care. NaN where no call decided.</summary>
    public double FirstPlaceShare { get; }

    /// <summary>Share of decided pairs of unequal length that the longer answer won. NaN where there is none.</summary>
    public double LongerWinsShare { get; }

    /// <summary>Every judgement with the judge's replies, in the order of the questions.</summary>
    public IReadOnlyList<PairwiseJudgement> Judgements { get; }

    /// <inheritdoc/>
    [JsonIgnore]
    public string Title => $"Win rate, judged by {Judge}";

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<EvaluationTable> Tables =>
    [
        new("Outcome", ["win rate", "95% interval", "wins", "ties", "losses", "unread"],
            [[Share(WinRate.Value), $"{Share(WinRate.Low)} to {Share(WinRate.High)}", $"{WinRate.Wins}", $"{WinRate.Ties}", $"{WinRate.Losses}", $"{Unread}"]]),
        new("The judge", ["consistent over both orders", "favours the first place", "the longer answer wins"], [[Share(Consistency), Share(FirstPlaceShare), Share(LongerWinsShare)]]),
    ];

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<string> Charts => [];

    private static string Share(double value) => double.IsNaN(value) ? "-" : value.ToString("P1", CultureInfo.InvariantCulture);

    private static string Start(IReadOnlyList<PairwiseJudgement> judgements)
    {
        var reply = judgements.SelectMany(j => j.Calls).Select(c => c.Reply).LastOrDefault() ?? "";
        return reply.Length > 120 ? reply[..120] + "…" : reply;
    }
}
