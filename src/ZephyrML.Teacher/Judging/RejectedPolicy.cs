namespace ZephyrML.Teacher;

/// <summary>Which of the lower-scored answers becomes the rejected one.</summary>
public enum RejectedPolicy
{
    /// <summary>A random one, as in the Zephyr paper (section 3: "diversity", and a more challenging objective).</summary>
    Random,

    /// <summary>The one with the lowest score; the first of several.</summary>
    Lowest,

    /// <summary>The best of those below the chosen one; the first of several.</summary>
    SecondBest,
}
