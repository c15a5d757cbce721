using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Makes <see cref="TeacherProgress"/> records: counts rows, measures the rate and reads the counters of the clients' caches. Safe for use by several threads.</summary>
public sealed class TeacherProgressMeter
{
    private readonly string _stage;
    private readonly long? _total;
    private readonly IProgress<TeacherProgress>? _progress;
    private readonly ResponseCacheStatistics[] _caches;
    private readonly (long Paid, long Hits) _before;
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _done, _reported;

    /// <summary>Starts the clock.</summary>
    /// <param name="stage">What is being done.</param>
    /// <param name="total">Rows to do, or null.</param>
    /// <param name="progress">Who is told; null: nobody.</param>
    /// <param name="clients">The clients whose caches are read.</param>
    public TeacherProgressMeter(string stage, long? total, IProgress<TeacherProgress>? progress, params IEnumerable<IChatClient?> clients)
    {
        (_stage, _total, _progress) = (stage, total, progress);
        _caches = [.. clients.Select(c => c?.GetService<ResponseCacheStatistics>()).OfType<ResponseCacheStatistics>().Distinct()];
        _before = Counters();
    }

    /// <summary>Counts one row; tells at most ten times a second, and always at the last row.</summary>
    public void Count()
    {
        var done = Interlocked.Increment(ref _done);
        if (_progress is null)
            return;
        var now = Stopwatch.GetTimestamp();
        var last = Interlocked.Read(ref _reported);
        if (done != _total && last != 0 && Stopwatch.GetElapsedTime(last, now) < TimeSpan.FromMilliseconds(100))
            return;
        if (Interlocked.CompareExchange(ref _reported, now, last) == last || done == _total)
            _progress.Report(Now(done));
    }

    /// <summary>Where the stage stands.</summary>
    public TeacherProgress Now() => Now(Interlocked.Read(ref _done));

    private TeacherProgress Now(long done)
    {
        var rate = done / Math.Max(1e-9, Stopwatch.GetElapsedTime(_start).TotalSeconds);
        var left = _total is { } total && done > 0 ? TimeSpan.FromSeconds(Math.Max(0, total - done) / rate) : (TimeSpan?)null;
        var (paid, hits) = Counters();
        return new(_stage, done, _total, rate, left, paid - _before.Paid, hits - _before.Hits);
    }

    private (long Paid, long Hits) Counters() => (_caches.Sum(c => c.Paid), _caches.Sum(c => c.Hits));
}
