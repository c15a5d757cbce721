namespace ZephyrML.Training;

/// <summary>When there is an evaluation between the first and the last one.</summary>
public enum EvaluationStrategy
{
    /// <summary>Every <see cref="TrainingOptions.EvaluateEverySteps"/> steps.</summary>
    Steps,

    /// <summary>After each epoch.</summary>
    Epoch,
}
