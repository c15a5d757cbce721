namespace ZephyrML.Teacher;

/// <summary>What is left of a question's time. It stands still while the question waits in a queue of ours: with thousands of prompts behind sixteen slots that is most of the time, and nobody's fault.</summary>
internal sealed class CallClock : IDisposable
{
    private static readonly AsyncLocal<CallClock?> Local = new();

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end;
    private readonly Lock _lock = new();
    private TimeSpan _left;
    private long _since;
    private int _pauses;
    private bool _disposed;

    public CallClock(TimeSpan total, TimeProvider time)
    {
        (_left, _time, _since) = (total, time, time.GetTimestamp());
        _end = new(total, time);
    }

    public static CallClock? Current => Local.Value;

    public CancellationToken Token => _end.Token;

    /// <summary>Whether the time is up.</summary>
    public bool IsUp => _end.IsCancellationRequested;

    /// <summary>Makes the clock the current one for the calls that the same method makes from here on.</summary>
    public void Enter() => Local.Value = this;

    public void Pause()
    {
        lock (_lock)
        {
            if (_pauses++ > 0 || _disposed)
                return;
            _left -= _time.GetElapsedTime(_since);
            _end.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Resume()
    {
        lock (_lock)
        {
            if (--_pauses > 0 || _disposed)
                return;
            _since = _time.GetTimestamp();
            _end.CancelAfter(_left > TimeSpan.Zero ? _left : TimeSpan.Zero);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _end.Dispose();
        }
    }
}
