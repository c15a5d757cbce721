namespace ZephyrML.Teacher;

/// <summary>What became of a row's scores.</summary>
public enum PairOutcome
{
    /// <summary>There is a pair.</summary>
    Paired,

    /// <summary>Fewer than two answers have a score.</summary>
    NoScore,

    /// <summary>All scores are equal, or the best is shared and <see cref="EqualBest.Drop"/> holds.</summary>
    Tie,

    /// <summary>No other score is far enough below the best.</summary>
    GapTooSmall,
}
