using System.Diagnostics;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>What holds for hostile input too: a second at most, and at most 256 MiB of allocations.</summary>
internal static class Bounded
{
    private const double MostSeconds = 1;
    private const long MostBytes = 256L << 20;

    /// <summary>Runs an action. Other processes may hold a machine up, so where it takes longer it has two more tries to be quick once.</summary>
    public static void Run(Action action, Func<string> what)
    {
        var fastest = double.MaxValue;
        for (var attempt = 0; attempt < 3 && fastest > MostSeconds; attempt++)
        {
            var (clock, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            action();
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(clock).TotalSeconds);
            Assert.IsLessThan(MostBytes, GC.GetAllocatedBytesForCurrentThread() - allocated, what());
        }
        Assert.IsLessThan(MostSeconds, fastest, what());
    }
}
