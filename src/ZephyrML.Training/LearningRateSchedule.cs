namespace ZephyrML.Training;

/// <summary>How the learning rate goes from its peak to the end, by transformers' rules. All but <see cref="Constant"/> rise from 0 during the warm-up; <see cref="ScheduleShape"/> holds the details.</summary>
public enum LearningRateSchedule
{
    /// <summary>Straight down to 0.</summary>
    Linear,

    /// <summary>Half a cosine down to 0 (<see cref="ScheduleShape.Cycles"/> of them, by default ½).</summary>
    Cosine,

    /// <summary>Always the peak; no warm-up.</summary>
    Constant,

    /// <summary>The peak after the warm-up.</summary>
    ConstantWithWarmup,

    /// <summary>Half a cosine down to <see cref="ScheduleShape.FloorRatio"/> of the peak (transformers' <c>cosine_with_min_lr</c>).</summary>
    CosineWithFloor,

    /// <summary>The same one step earlier, and the warm-up begins above 0: at <see cref="ScheduleShape.WarmupFloorRatio"/> (transformers' <c>cosine_warmup_with_min_lr</c>).</summary>
    CosineWarmupWithFloor,

    /// <summary><see cref="ScheduleShape.Cycles"/> (by default 1) half cosines, each from the peak again.</summary>
    CosineWithRestarts,

    /// <summary>To the power <see cref="ScheduleShape.Power"/> down to the rate <see cref="ScheduleShape.EndRate"/>.</summary>
    Polynomial,

    /// <summary>With the inverse square root of the steps; never 0.</summary>
    InverseSquareRoot,

    /// <summary>The peak until <see cref="ScheduleShape.DecaySteps"/> before the end, then down to <see cref="ScheduleShape.FloorRatio"/> of it.</summary>
    WarmupStableDecay,
}
