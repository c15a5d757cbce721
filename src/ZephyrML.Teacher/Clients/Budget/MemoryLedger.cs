namespace ZephyrML.Teacher;

/// <summary>A ledger that ends with the process.</summary>
internal sealed class MemoryLedger : ISpendingLedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Amount> _open = [];
    private Amount _spent, _reserved;
    private long _last;

    public long? TryReserve(Amount amount, BudgetOptions limits, out Purse now)
    {
        lock (_lock)
        {
            now = new(_spent, _reserved, _open.Count);
            if (!now.Fits(amount, limits))
                return null;
            _open.Add(++_last, amount);
            _reserved += amount;
            return _last;
        }
    }

    public void Settle(long reservation, Amount cost)
    {
        lock (_lock)
        {
            if (!_open.Remove(reservation, out var reserved))
                return;
            _reserved -= reserved;
            _spent += cost;
        }
    }

    public Purse Read()
    {
        lock (_lock)
            return new(_spent, _reserved, _open.Count);
    }

    public void Dispose() { }
}
