namespace ZephyrML.Teacher;

/// <summary>What a judge said of two answers.</summary>
public enum PairwiseVerdict
{
    /// <summary>The reply could not be read.</summary>
    Unread,

    /// <summary>The first answer is better.</summary>
    First,

    /// <summary>The second answer is better.</summary>
    Second,

    /// <summary>Neither is better.</summary>
    Tie,
}
