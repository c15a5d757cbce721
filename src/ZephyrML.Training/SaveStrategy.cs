namespace ZephyrML.Training;

/// <summary>When a checkpoint is written.</summary>
public enum SaveStrategy
{
    /// <summary>Every <see cref="TrainingOptions.SaveEverySteps"/> steps.</summary>
    Steps,

    /// <summary>After each epoch.</summary>
    Epoch,

    /// <summary>After each evaluation that is better than all before.</summary>
    Best,
}
