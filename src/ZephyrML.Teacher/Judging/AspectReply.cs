namespace ZephyrML.Teacher;

/// <summary>One reply of a judge.</summary>
/// <param name="Aspect">What was judged.</param>
/// <param name="Attempt">0 for the first question, 1 for the first time it was asked again.</param>
/// <param name="Ratings">A rating for each candidate, in their order; NaN: not applicable, unparsable, or not asked.</param>
/// <param name="IsComplete">Whether each candidate that was shown got a rating or was said to be not applicable.</param>
/// <param name="Text">The reply as it came.</param>
public sealed record AspectReply(JudgeAspect Aspect, int Attempt, float[] Ratings, bool IsComplete, string Text)
{
    /// <summary>Which candidate stood at each place, in the order shown.</summary>
    public IReadOnlyList<int> Order { get; init; } = [];

    /// <summary>Whether this is the second look at the same answers, in the reverse order (<see cref="UltraFeedbackJudgeOptions.SwapOrders"/>).</summary>
    public bool IsSwapped { get; init; }
}
