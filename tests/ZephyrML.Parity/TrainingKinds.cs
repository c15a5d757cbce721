using System.Text.Json;
using ZephyrML.Training.Tests;

namespace ZephyrML.Parity;

/// <summary>Losses, schedules, packing and optimisers, case by case; differences are in units of their tolerance.</summary>
internal static class TrainingKinds
{
    public static void Loss(string folder, JsonElement fixture, Outcome outcome)
    {
        foreach (var c in fixture.GetProperty("cases").EnumerateArray())
            if (LossReplay.NotOurs(c) is { } other) outcome.LeaveOut(other);
        Take(LossReplay.Run(fixture), outcome);
    }

    public static void Schedule(string folder, JsonElement fixture, Outcome outcome) => Take(ScheduleReplay.Run(fixture), outcome);

    public static void Packing(string folder, JsonElement fixture, Outcome outcome) => Take(PackingReplay.Run(fixture), outcome);

    public static void Optimizer(string folder, JsonElement fixture, Outcome outcome)
    {
        if (OptimizerReplay.NotYet(fixture) is { } missing) outcome.Skip($"not built yet: {missing}");
        else Take(OptimizerReplay.Run(fixture), outcome);
    }

    private static void Take(IEnumerable<CaseReport> reports, Outcome outcome)
    {
        int cases = 0;
        foreach (var report in reports)
        {
            cases++;
            outcome.Case(report.Reason);
            foreach (var (what, difference) in report.Worst) outcome.Compare($"{what} / tolerance", difference, double.PositiveInfinity);
        }
        if (cases == 0) outcome.Skip("no case of this fixture is built yet");
    }
}
