namespace ZephyrML.Teacher;

/// <summary>
/// A bucket that fills at a rate per minute up to a second's worth. Unlike those of System.Threading.RateLimiting it may be corrected afterwards: what a call
/// took beyond its estimate is a debt that the next ones wait for, what it did not need goes back. Not thread-safe.
/// </summary>
internal sealed class RateBucket
{
    private readonly double _perSecond, _capacity;
    private readonly TimeProvider _time;
    private double _balance;
    private long _since;

    public RateBucket(double perMinute, TimeProvider time)
    {
        (_perSecond, _time, _since) = (perMinute / 60, time, time.GetTimestamp());
        _balance = _capacity = Math.Max(1, _perSecond);
    }

    /// <summary>How long until so much can be taken; a call that is larger than the bucket goes when the bucket is full.</summary>
    public TimeSpan WaitFor(double amount)
    {
        Fill();
        var missing = Math.Min(amount, _capacity) - _balance;
        return missing <= 1e-9 ? TimeSpan.Zero : TimeSpan.FromSeconds(missing / _perSecond);
    }

    /// <summary>Takes it, whether it is there or not; a negative amount gives back.</summary>
    public void Take(double amount)
    {
        Fill();
        _balance = Math.Min(_capacity, _balance - amount);
    }

    private void Fill()
    {
        var now = _time.GetTimestamp();
        _balance = Math.Min(_capacity, _balance + _time.GetElapsedTime(_since, now).TotalSeconds * _perSecond);
        _since = now;
    }
}
