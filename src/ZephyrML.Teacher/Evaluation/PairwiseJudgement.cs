namespace ZephyrML.Teacher;

/// <summary>What a judge makes of two answers.</summary>
/// <param name="Verdict">The verdict over all orders in which they were shown; verdicts that disagree make a tie, one that could not be read makes the whole unread.</param>
/// <param name="Calls">What was said in each order, as it was shown.</param>
public sealed record PairwiseJudgement(PairwiseVerdict Verdict, IReadOnlyList<PairwiseCall> Calls)
{
    /// <summary>The first answer's outcome: 1 won, 0.5 tied, 0 lost; null where the judge could not be read.</summary>
    public double? Outcome => Verdict switch { PairwiseVerdict.First => 1, PairwiseVerdict.Second => 0, PairwiseVerdict.Tie => 0.5, _ => null };
}
