namespace ZephyrML.Training;

/// <summary>The learning rate of each step, as transformers' schedulers give it.</summary>
internal static class LearningRate
{
    /// <summary>Steps of warm-up that the options come to.</summary>
    public static int WarmupSteps(TrainingOptions options, int totalSteps) =>
        options.WarmupSteps ?? (int)Math.Ceiling(options.WarmupRatio * totalSteps);

    /// <summary>The rate of a step, counted from 0.</summary>
    public static double At(int step, TrainingOptions options, int warmupSteps, int totalSteps) =>
        At(step, options.LearningRate, options.Schedule, warmupSteps, totalSteps, options.ScheduleShape);

    /// <summary>The rate of a step, counted from 0.</summary>
    public static double At(int step, double peak, LearningRateSchedule schedule, int warmupSteps, int totalSteps, ScheduleShape? shape = null)
    {
        shape ??= new();
        if (schedule == LearningRateSchedule.Constant)
            return peak;
        if (step < warmupSteps)
            return peak * Warmup(step, schedule, warmupSteps, shape);
        int after = step - warmupSteps;
        double progress = after / (double)Math.Max(1, totalSteps - warmupSteps);
        return peak * schedule switch
        {
            LearningRateSchedule.Linear => Math.Max(0, (totalSteps - step) / (double)Math.Max(1, totalSteps - warmupSteps)),
            LearningRateSchedule.Cosine => Math.Max(0, Wave(progress, shape)),
            LearningRateSchedule.ConstantWithWarmup => 1,
            LearningRateSchedule.CosineWithFloor => AboveFloor(Wave(progress, shape), shape),
            LearningRateSchedule.CosineWarmupWithFloor => AboveFloor(Wave((after + 1) / (double)Math.Max(1, totalSteps - warmupSteps), shape), shape),
            LearningRateSchedule.CosineWithRestarts => progress >= 1 ? 0 : Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * ((shape.Cycles ?? 1) * progress % 1)))),
            LearningRateSchedule.Polynomial => step > totalSteps || totalSteps == warmupSteps ? shape.EndRate / peak
                : ((peak - shape.EndRate) * Math.Pow(1 - after / (double)(totalSteps - warmupSteps), shape.Power) + shape.EndRate) / peak,
            LearningRateSchedule.InverseSquareRoot => InverseSquareRoot(step, warmupSteps, shape),
            LearningRateSchedule.WarmupStableDecay => StableDecay(after, shape.StableSteps ?? totalSteps - warmupSteps - shape.DecaySteps!.Value, shape.DecaySteps!.Value, shape),
            _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule, "no such schedule"),
        };
    }

    private static double Warmup(int step, LearningRateSchedule schedule, int warmupSteps, ScheduleShape shape)
    {
        double progress = (double)step / Math.Max(1, warmupSteps);
        return schedule switch
        {
            LearningRateSchedule.CosineWarmupWithFloor => shape.WarmupFloorRatio is { } from ? from + (1 - from) * step / Math.Max(1, warmupSteps - 1) : (step + 1.0) / Math.Max(1, warmupSteps),
            LearningRateSchedule.WarmupStableDecay => AboveFloor(shape.WarmupForm switch
            {
                RampForm.Linear => progress,
                RampForm.Cosine => 0.5 * (1 - Math.Cos(Math.PI * progress)),
                _ => 1 - Math.Sqrt(1 - progress),
            }, shape),
            _ => progress,
        };
    }

    private static double StableDecay(int after, int stable, int decay, ScheduleShape shape)
    {
        if (after < stable)
            return 1;
        if (after >= stable + decay)
            return shape.FloorRatio;
        double progress = (after - stable) / (double)Math.Max(1, decay);
        return AboveFloor(shape.DecayForm switch
        {
            RampForm.Linear => 1 - progress,
            RampForm.Cosine => Wave(progress, shape),
            _ => 1 - Math.Sqrt(progress),
        }, shape);
    }

    private static double InverseSquareRoot(int step, int warmupSteps, ScheduleShape shape)
    {
        int scale = shape.TimeScale ?? (warmupSteps > 0 ? warmupSteps : 10_000);
        return 1 / Math.Sqrt((step + (scale - warmupSteps)) / (double)scale);
    }

    private static double Wave(double progress, ScheduleShape shape) => 0.5 * (1 + Math.Cos(Math.PI * (shape.Cycles ?? 0.5) * 2 * progress));

    private static double AboveFloor(double share, ScheduleShape shape) => Math.Max(0, share * (1 - shape.FloorRatio) + shape.FloorRatio);
}
