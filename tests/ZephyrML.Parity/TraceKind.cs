using System.Text.Json;
using ZephyrML.Training.Tests;

namespace ZephyrML.Parity;

/// <summary>A training run of TRL, replayed step by step; differences are in units of their tolerance.</summary>
internal static class TraceKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        // Traces on real text have wider tolerances, and take minutes.
        bool real = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(folder))) == "training-real";
        if (real && Environment.GetEnvironmentVariable("ZEPHYR_SOAK") != "1")
        {
            outcome.Skip("takes minutes: set ZEPHYR_SOAK=1");
            return;
        }
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
