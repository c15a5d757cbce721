namespace ZephyrML.Teacher;

/// <summary>
/// Turns scores into preference pairs (Zephyr, section 3): the highest score is chosen; the rejected answer is drawn from those that score lower, by at least
/// the minimum gap. NaN scores are left out. Drawing among the lower ones only (the paper draws among all others) never gives a pair of equal scores, and
/// loses no row that has a usable pair.
/// </summary>
public static class PairSelector
{
    // Means of aspects are sums of thirds and quarters in floats: 3.6666667 - 3.1666667 is a gap of one half.
    private const float Rounding = 1e-5f;

    /// <summary>The pair of a row, or null where it has none.</summary>
    /// <param name="scores">A score for each answer; NaN is missing.</param>
    /// <param name="options">Policy, gap and seed.</param>
    /// <param name="row">The row, which with the seed decides what is drawn.</param>
    public static SelectedPair? Select(IReadOnlyList<float> scores, PairOptions options, long row) => Select(scores, options, row, out _);

    /// <summary>The pair of a row, or null and the reason.</summary>
    /// <param name="scores">A score for each answer; NaN is missing.</param>
    /// <param name="options">Policy, gap and seed.</param>
    /// <param name="row">The row, which with the seed decides what is drawn.</param>
    /// <param name="outcome">Why there is no pair.</param>
    public static SelectedPair? Select(IReadOnlyList<float> scores, PairOptions options, long row, out PairOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var scored = Enumerable.Range(0, scores.Count).Where(i => !float.IsNaN(scores[i])).ToList();
        outcome = PairOutcome.NoScore;
        if (scored.Count < 2)
            return null;
        var chosen = scored.MaxBy(i => scores[i]);                                 // the first of several
        var lower = scored.FindAll(i => scores[i] < scores[chosen]);
        outcome = PairOutcome.Tie;
        if (lower.Count == 0 || (options.EqualBest == EqualBest.Drop && lower.Count < scored.Count - 1))
            return null;
        lower.RemoveAll(i => scores[chosen] - scores[i] < options.MinScoreGap - Rounding);
        outcome = PairOutcome.GapTooSmall;
        if (lower.Count == 0)
            return null;
        outcome = PairOutcome.Paired;
        return new(chosen, options.Rejected switch
        {
            RejectedPolicy.Lowest => lower.MinBy(i => scores[i]),
            RejectedPolicy.SecondBest => lower.MaxBy(i => scores[i]),
            _ => lower[new SeedStream(options.Seed, "pair", row).Next(lower.Count)],
        });
    }
}
