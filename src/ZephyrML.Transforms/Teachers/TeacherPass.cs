using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.ML.Runtime;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Teachers;

/// <summary>
/// One pass of a stage over its data: counts the rows, tells the catalog's progress and ML.NET's log and progress channel how it goes, and stops it when too many rows fail.
/// </summary>
internal sealed class TeacherPass : IDisposable
{
    /// <summary>Where the number of rows is not known, a share of at least so many may fail.</summary>
    private const int FewestRows = 20;

    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(100), LogEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly string _stage;
    private readonly IProgress<ZephyrProgress>? _progress;
    private readonly IChannel _channel;
    private readonly IProgressChannel? _progressChannel;
    private readonly ResponseCacheStatistics[] _caches;
    private readonly (long Paid, long Hits) _before;
    private readonly long? _total;
    private readonly double _maxFailedFraction;
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _done, _asked, _failed, _told, _logged;
    private bool _ended;

    public TeacherPass(
        IChannelProvider environment, string stage, IProgress<ZephyrProgress>? progress, long? total, double maxFailedFraction, IReadOnlyList<IChatClient> clients, FeedbackStatistics? statistics = null)
    {
        (_stage, _progress, _total, _maxFailedFraction, Statistics) = (stage, progress, total, maxFailedFraction, statistics);
        _channel = environment.Start(stage);
        _progressChannel = (environment as IProgressChannelProvider)?.StartProgressChannel(stage);
        _progressChannel?.SetHeader(new ProgressHeader(["paid calls", "cache hits"], ["rows"]), entry =>
        {
            var (paid, hits) = Counters();
            entry.SetMetric(0, paid);
            entry.SetMetric(1, hits);
            if (_total is { } rows)
                entry.SetProgress(0, Interlocked.Read(ref _done), rows);
            else
                entry.SetProgress(0, Interlocked.Read(ref _done));
        });
        _caches = [.. clients.Select(c => c.GetService<ResponseCacheStatistics>()).OfType<ResponseCacheStatistics>().Distinct()];
        _before = (_caches.Sum(c => c.Paid), _caches.Sum(c => c.Hits));
        _logged = _start;
    }

    /// <summary>What Rank saw; null in other stages.</summary>
    public FeedbackStatistics? Statistics { get; }

    /// <summary>A row is done; <paramref name="asked"/>: somebody was asked about it.</summary>
    public void Count(bool asked)
    {
        lock (_lock)
        {
            _done++;
            _asked += asked ? 1 : 0;
            if (!asked || _ended)
                return;
            var now = Stopwatch.GetTimestamp();
            if (_told == 0 || Stopwatch.GetElapsedTime(_told, now) >= ProgressEvery || _done == _total)
                Tell(now);
            if (Stopwatch.GetElapsedTime(_logged, now) < LogEvery)
                return;
            _logged = now;
            Checkpoint();
            _channel.Info(MessageSensitivity.None, Line());
        }
    }

    /// <summary>A row failed and is skipped.</summary>
    /// <exception cref="TeacherException">Too many rows failed.</exception>
    public void CountFailure(TeacherException failure)
    {
        lock (_lock)
        {
            _failed++;
            if (_failed <= _maxFailedFraction * (_total ?? Math.Max(_done, FewestRows)))
                return;
            throw new TeacherException(string.Create(CultureInfo.InvariantCulture,
                $"{_stage}: {_failed} of {_done} rows failed, more than MaxFailedFraction ({_maxFailedFraction}) allows{(_total is { } total ? $" of {total}" : "")}. The last one: {failure.Message}"), failure)
            {
                StatusCode = failure.StatusCode,
                RetryAfter = failure.RetryAfter,
                IsTransient = failure.IsTransient,
            };
        }
    }

    /// <summary>The last word.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_ended)
                return;
            if (_asked > 0)
                Tell(Stopwatch.GetTimestamp());
            if (_done > 0)
                Checkpoint();
            if (_done > 0)
                _channel.Info(MessageSensitivity.None, Statistics is null ? Line() : $"{Line()}. {Statistics}");
            _ended = true;
            _progressChannel?.Dispose();
            _channel.Dispose();
        }
    }

    /// <summary>Seldom: ML.NET keeps what is reported there until somebody asks for it.</summary>
    private void Checkpoint()
    {
        var (paid, hits) = Counters();
        _progressChannel?.Checkpoint(paid, hits, _done, _total);
    }

    private void Tell(long now)
    {
        _told = now;
        var (paid, hits) = Counters();
        _progress?.Report(new ZephyrProgress(_stage, _done, _total, Rate(now), Left(now),
            new Dictionary<string, double> { ["asked"] = _asked, ["failed"] = _failed, ["paid_calls"] = paid, ["cache_hits"] = hits }));
    }

    private double Rate(long now) => _done / Math.Max(1e-9, Stopwatch.GetElapsedTime(_start, now).TotalSeconds);

    private TimeSpan? Left(long now) => _total is { } total && _done > 0 ? TimeSpan.FromSeconds(Math.Min(1e9, Math.Max(0, total - _done) / Rate(now))) : null;

    private string Line()
    {
        var now = Stopwatch.GetTimestamp();
        var (paid, hits) = Counters();
        return string.Create(CultureInfo.InvariantCulture, $"{_stage}: {_done}{(_total is { } total ? $" of {total}" : "")} rows, {_asked} asked about, {_failed} failed, {Rate(now):0.##} rows/s")
            + (_caches.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $", {paid} paid calls, {hits} from the cache") : "")
            + (Left(now) is { } left && left > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $", {left:d\\.hh\\:mm\\:ss} left") : "");
    }

    private (long Paid, long Hits) Counters() => (_caches.Sum(c => c.Paid) - _before.Paid, _caches.Sum(c => c.Hits) - _before.Hits);
}
