namespace ZephyrML.Teacher;

/// <summary>What makes an answer's score.</summary>
public enum JudgeScore
{
    /// <summary>The mean of its aspects, 1 to 5, as in the Zephyr paper.</summary>
    MeanOfAspects,

    /// <summary>The overall score of its critique, 1 to 10, as in the data set ultrafeedback_binarized.</summary>
    Overall,
}
