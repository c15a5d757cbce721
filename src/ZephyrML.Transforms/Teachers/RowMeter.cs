using System.Diagnostics;

namespace ZephyrML.Transforms.Teachers;

/// <summary>Counts the rows that a stage has asked about, and reports their rate.</summary>
internal sealed class RowMeter(string stage, IProgress<ZephyrProgress>? progress)
{
    private static readonly Dictionary<string, double> NoMetrics = [];

    private readonly long _start = Stopwatch.GetTimestamp();
    private long _done;

    public void Done()
    {
        var done = Interlocked.Increment(ref _done);
        progress?.Report(new ZephyrProgress(stage, done, null, done / Math.Max(1e-9, Stopwatch.GetElapsedTime(_start).TotalSeconds), null, NoMetrics));
    }
}
