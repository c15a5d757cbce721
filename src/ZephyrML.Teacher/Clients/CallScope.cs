namespace ZephyrML.Teacher;

/// <summary>
/// One question on its way to a response cache. A slot that a call took is given back only when its answer is stored: so a killed process loses no more than
/// what was under way, even if it dies between an answer's last byte and its commit. Flows with the call (AsyncLocal), and is set by the cache alone.
/// </summary>
internal sealed class CallScope(Action? check = null)
{
    private static readonly AsyncLocal<CallScope?> Local = new();

    private readonly Lock _lock = new();
    private List<Action>? _after;
    private int _waiting;
    private bool _ended;

    /// <summary>The question that this call belongs to.</summary>
    public static CallScope? Current => Local.Value;

    /// <summary>Makes the scope the current one for the calls that the same method makes from here on.</summary>
    public void Enter() => Local.Value = this;

    /// <summary>Throws where nothing more may be paid, since it could not be stored; asked when a call has its slot, which may be long after its question began.</summary>
    public void Check() => check?.Invoke();

    /// <summary>A call of this question is about to wait for a slot: what earlier ones hold is given back, else a client that asks twice for one answer would wait for itself.</summary>
    public void BeginWait()
    {
        lock (_lock)
            _waiting++;
        Flush();
    }

    /// <summary>The wait is over.</summary>
    public void EndWait()
    {
        lock (_lock)
            _waiting--;
    }

    /// <summary>Does it when the question has its answer stored, or at once where nothing more is to come or another call waits.</summary>
    public void AfterStored(Action action)
    {
        lock (_lock)
        {
            if (!_ended && _waiting == 0)
            {
                (_after ??= []).Add(action);
                return;
            }
        }
        action();
    }

    /// <summary>The question is answered or has failed.</summary>
    public void End()
    {
        lock (_lock)
            _ended = true;
        Flush();
    }

    private void Flush()
    {
        List<Action>? after;
        lock (_lock)
            (after, _after) = (_after, null);
        after?.ForEach(a => a());
    }
}
