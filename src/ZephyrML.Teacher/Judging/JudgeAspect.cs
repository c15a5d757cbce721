namespace ZephyrML.Teacher;

/// <summary>UltraFeedback's four aspects, each a question of its own.</summary>
public enum JudgeAspect
{
    /// <summary>Does the answer do what was asked, within the limits that were set?</summary>
    InstructionFollowing,

    /// <summary>Does it say what it does not know, and is its confidence justified?</summary>
    Honesty,

    /// <summary>Is it free of invented or contradictory statements?</summary>
    Truthfulness,

    /// <summary>Is it correct, informative and of use?</summary>
    Helpfulness,
}
