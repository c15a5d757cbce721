namespace ZephyrML.Training;

/// <summary>The learning rate of each step.</summary>
internal static class LearningRate
{
    /// <summary>Steps of warm-up that the options come to.</summary>
    public static int WarmupSteps(TrainingOptions options, int totalSteps) =>
        options.WarmupSteps ?? (int)Math.Ceiling(options.WarmupRatio * totalSteps);

    /// <summary>The rate of a step, counted from 0.</summary>
    public static double At(int step, double peak, LearningRateSchedule schedule, int warmupSteps, int totalSteps)
    {
        if (schedule == LearningRateSchedule.Constant)
            return peak;
        if (step < warmupSteps)
            return peak * ((double)step / Math.Max(1, warmupSteps));
        double left = Math.Max(1, totalSteps - warmupSteps);
        return peak * schedule switch
        {
            LearningRateSchedule.Linear => Math.Max(0, (totalSteps - step) / left),
            LearningRateSchedule.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * ((step - warmupSteps) / left)))),
            LearningRateSchedule.ConstantWithWarmup => 1,
            _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule, "no such schedule"),
        };
    }
}
