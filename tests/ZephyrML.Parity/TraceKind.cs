using System.Text.Json;
using ZephyrML.Training.Tests;

namespace ZephyrML.Parity;

/// <summary>A training run of TRL, replayed step by step; differences are in units of their tolerance.</summary>
internal static class TraceKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        // Traces of a real model have the wider tolerances of thirty layers and real text: theirs is not one of the small bases.
        bool real = fixture.TryGetProperty("base", out var model) && model.GetString() is { } path && !path.Contains("bases/", StringComparison.Ordinal);
        var replay = new TraceReplay(folder, real);
        if (replay.NotYet() is { } missing)
        {
            outcome.Skip($"not built yet: {missing}");
            return;
        }
        try
        {
            replay.Run();
        }
        finally
        {
            foreach (var (what, difference) in replay.Worst) outcome.Compare($"{what} / tolerance", difference, double.PositiveInfinity);
        }
    }
}
