using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>A replica and its health. Used under the pool's lock.</summary>
internal sealed class Replica(string name, IChatClient client)
{
    private int _inARow, _outs;
    private long _answered, _failed;
    private string? _lastFailure;
    private bool _probing;

    public string Name => name;

    public IChatClient Client => client;

    public int UnderWay { get; private set; }

    /// <summary>When it may be tried again; null: it is in.</summary>
    public DateTimeOffset? OutUntil { get; private set; }

    /// <summary>Whether a call may go there now: it is in, or its time has come and nobody is trying it.</summary>
    public bool IsOpen(DateTimeOffset now, int? most) => (OutUntil is null || (OutUntil <= now && !_probing)) && (most is null || UnderWay < most);

    public void Take()
    {
        UnderWay++;
        _probing = OutUntil is not null;
    }

    public void Succeed()
    {
        Leave();
        _answered++;
        (_inARow, _outs, OutUntil) = (0, 0, null);
    }

    /// <summary>A call that says nothing about its health: cancelled, left, or refused for what was asked.</summary>
    public void Leave()
    {
        UnderWay--;
        _probing = false;
    }

    public void Fail(Failure failure, string why, DateTimeOffset now, ReplicaPoolOptions options)
    {
        Leave();
        _failed++;
        if (failure.IsOutage && ++_inARow < options.MaxFailures && OutUntil is null)
            return;
        // a replica that is merely busy (429) comes back when it says; others later and later
        var wait = failure.RetryAfter ?? TimeSpan.FromTicks((long)Math.Min(options.MaxProbeAfter.Ticks, options.ProbeAfter.Ticks * Math.Pow(2, _outs)));
        if (failure.IsOutage && (OutUntil is null || OutUntil <= now))
            _outs = Math.Min(_outs + 1, 60);
        var until = now + wait;
        OutUntil = OutUntil > until ? OutUntil : until;
        _lastFailure = why;
    }

    public ReplicaStatus Status() => new(name, OutUntil is null, UnderWay, _answered, _failed, _lastFailure);
}
