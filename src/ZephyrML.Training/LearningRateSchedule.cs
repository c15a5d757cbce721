namespace ZephyrML.Training;

/// <summary>How the learning rate goes from its peak to the end. All but <see cref="Constant"/> rise linearly from 0 during the warm-up.</summary>
public enum LearningRateSchedule
{
    /// <summary>Straight down to 0.</summary>
    Linear,

    /// <summary>Half a cosine down to 0.</summary>
    Cosine,

    /// <summary>Always the peak; no warm-up.</summary>
    Constant,

    /// <summary>The peak after the warm-up.</summary>
    ConstantWithWarmup,
}
