using System.Globalization;

namespace ZephyrML.Training;

/// <summary>Details of a <see cref="LearningRateSchedule"/>, with transformers' defaults; a schedule looks only at those that are named there.</summary>
public sealed record ScheduleShape
{
    /// <summary>The lowest rate as a share of the peak. For the cosines with a floor and <see cref="LearningRateSchedule.WarmupStableDecay"/> (there also where its warm-up begins). Default 0.</summary>
    public double FloorRatio { get; init; }

    /// <summary>Where the warm-up of <see cref="LearningRateSchedule.CosineWarmupWithFloor"/> begins, as a share of the peak; null: one step's rise. Default null.</summary>
    public double? WarmupFloorRatio { get; init; }

    /// <summary>Waves of a cosine; null: ½, with restarts 1. Default null.</summary>
    public double? Cycles { get; init; }

    /// <summary>Power of <see cref="LearningRateSchedule.Polynomial"/>. Default 1.</summary>
    public double Power { get; init; } = 1;

    /// <summary>The rate at which <see cref="LearningRateSchedule.Polynomial"/> ends; below the peak. Default 1e-7.</summary>
    public double EndRate { get; init; } = 1e-7;

    /// <summary>Steps after which <see cref="LearningRateSchedule.InverseSquareRoot"/> counts as begun; null: the warm-up, or 10,000 without one. Default null.</summary>
    public int? TimeScale { get; init; }

    /// <summary>Steps of decay at the end of <see cref="LearningRateSchedule.WarmupStableDecay"/>, which needs it. Default null.</summary>
    public int? DecaySteps { get; init; }

    /// <summary>Steps at the peak of <see cref="LearningRateSchedule.WarmupStableDecay"/>; null: all between warm-up and decay. Default null.</summary>
    public int? StableSteps { get; init; }

    /// <summary>How <see cref="LearningRateSchedule.WarmupStableDecay"/> rises. Default <see cref="RampForm.Linear"/>.</summary>
    public RampForm WarmupForm { get; init; } = RampForm.Linear;

    /// <summary>How <see cref="LearningRateSchedule.WarmupStableDecay"/> falls. Default <see cref="RampForm.Cosine"/>.</summary>
    public RampForm DecayForm { get; init; } = RampForm.Cosine;

    /// <summary>One sentence for each detail that is wrong for a schedule.</summary>
    internal IEnumerable<string> Problems(LearningRateSchedule schedule, double peak)
    {
        if (!(FloorRatio is >= 0 and <= 1))
            yield return Wrong(nameof(FloorRatio), "between 0 and 1", FloorRatio);
        if (!(WarmupFloorRatio is null or (>= 0 and <= 1)))
            yield return Wrong(nameof(WarmupFloorRatio), "null or between 0 and 1", WarmupFloorRatio);
        if (!(Cycles is null || (double.IsFinite(Cycles.Value) && Cycles > 0)))
            yield return Wrong(nameof(Cycles), "null or greater than 0", Cycles);
        if (!(double.IsFinite(Power) && Power > 0))
            yield return Wrong(nameof(Power), "greater than 0", Power);
        if (schedule == LearningRateSchedule.Polynomial && !(EndRate >= 0 && EndRate < peak))
            yield return Wrong(nameof(EndRate), $"at least 0 and below {nameof(TrainingOptions.LearningRate)}", EndRate);
        if (TimeScale is <= 0)
            yield return Wrong(nameof(TimeScale), "null or greater than 0", TimeScale);
        if (DecaySteps is < 0 || (DecaySteps is null && schedule == LearningRateSchedule.WarmupStableDecay))
            yield return Wrong(nameof(DecaySteps), $"a number of steps for {nameof(LearningRateSchedule.WarmupStableDecay)}", DecaySteps);
        if (StableSteps is < 0)
            yield return Wrong(nameof(StableSteps), "null or at least 0", StableSteps);
        if (!Enum.IsDefined(WarmupForm) || !Enum.IsDefined(DecayForm))
            yield return $"{nameof(ScheduleShape)}: the forms must each be one of {string.Join(", ", Enum.GetNames<RampForm>())}.";
    }

    private static string Wrong(string name, string expected, object? actual) =>
        string.Create(CultureInfo.InvariantCulture, $"{nameof(ScheduleShape)}.{name} must be {expected}, not {actual ?? "null"}.");
}
