namespace ZephyrML.Training;

/// <summary>The form of a rise or fall of the learning rate in <see cref="LearningRateSchedule.WarmupStableDecay"/>.</summary>
public enum RampForm
{
    /// <summary>A straight line.</summary>
    Linear,

    /// <summary>Half a cosine.</summary>
    Cosine,

    /// <summary>1 − √: rises late and fast, falls early and fast.</summary>
    OneMinusSquareRoot,
}
