namespace ZephyrML.Teacher;

/// <summary>
/// A ledger in a file, for several processes and over restarts. Money is kept as whole billionths. What a killed process had reserved counts as spent: it
/// has probably been charged.
/// </summary>
internal sealed class FileLedger : ISpendingLedger
{
    private const int ApplicationId = 0x5A4C4447, SchemaVersion = 1;                // "ZLDG"
    private const decimal Unit = 1_000_000_000m;
    private const string Schema = """
        CREATE TABLE spent(cost INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL);
        INSERT INTO spent VALUES (0, 0, 0);
        CREATE TABLE reserved(id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, cost INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL)
        """;

    private readonly SqliteFile _file;
    private readonly string _owner = CacheOwner.New();
    private readonly Lock _lock = new();
    private readonly List<(long Reservation, Amount Cost)> _unsettled = [];
    private int _open;
    private bool _disposed;

    public FileLedger(string path)
    {
        _file = new(path, "budget ledger", ApplicationId, SchemaVersion, Schema);
        try
        {
            _file.Run(write: true, BuryTheDead);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public long? TryReserve(Amount amount, BudgetOptions limits, out Purse now)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        List<(long, Amount)> late;
        lock (_lock)
            late = [.. _unsettled];
        (var id, now) = _file.Run(write: true, () =>
        {
            late.ForEach(l => Write(l.Item1, l.Item2));
            var purse = Sum();
            if (!purse.Fits(amount, limits) && BuryTheDead() > 0)
                purse = Sum();
            if (!purse.Fits(amount, limits))
                return ((long?)null, purse);
            _file.Execute("INSERT INTO reserved(owner, cost, input, output) VALUES ($owner, $cost, $input, $output)",
                ("$owner", _owner), ("$cost", Whole(amount.Cost)), ("$input", amount.InputTokens), ("$output", amount.OutputTokens));
            return (Convert.ToInt64(_file.Scalar("SELECT last_insert_rowid()")), purse);
        });
        lock (_lock)
        {
            _unsettled.RemoveAll(late.Contains);
            if (id is not null)
                _open++;
        }
        return id;
    }

    /// <summary>Never fails: an answer that is there must not be lost because its price cannot be noted. Then the next reservation notes it, or fails.</summary>
    public void Settle(long reservation, Amount cost)
    {
        try
        {
            _file.Run(write: true, () => Write(reservation, cost));
        }
        catch (IOException)
        {
            lock (_lock)
                _unsettled.Add((reservation, cost));
        }
        lock (_lock)
        {
            if (--_open == 0 && _disposed)
                _file.Dispose();
        }
    }

    public Purse Read() => _file.Run(write: false, Sum);

    /// <summary>Closes the file, or leaves that to the last call under way.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (_open == 0)
                _file.Dispose();
        }
    }

    private int Write(long reservation, Amount cost)
    {
        if (_file.Execute("DELETE FROM reserved WHERE id = $id", ("$id", reservation)) > 0)
            Spend(Whole(cost.Cost), cost.InputTokens, cost.OutputTokens);
        return 0;
    }

    private void Spend(long cost, long input, long output) =>
        _file.Execute("UPDATE spent SET cost = cost + $cost, input = input + $input, output = output + $output", ("$cost", cost), ("$input", input), ("$output", output));

    private Purse Sum()
    {
        using var spent = _file.Command("SELECT cost, input, output FROM spent").ExecuteReader();
        spent.Read();
        var sum = new Amount(spent.GetInt64(0) / Unit, spent.GetInt64(1), spent.GetInt64(2));
        using var reserved = _file.Command("SELECT COALESCE(SUM(cost), 0), COALESCE(SUM(input), 0), COALESCE(SUM(output), 0), COUNT(*) FROM reserved").ExecuteReader();
        reserved.Read();
        return new(sum, new(reserved.GetInt64(0) / Unit, reserved.GetInt64(1), reserved.GetInt64(2)), reserved.GetInt32(3));
    }

    private int BuryTheDead()
    {
        var owners = new List<string>();
        using (var reader = _file.Command("SELECT DISTINCT owner FROM reserved").ExecuteReader())
        {
            while (reader.Read())
                owners.Add(reader.GetString(0));
        }
        owners.RemoveAll(o => o == _owner || CacheOwner.MayBeAlive(o));
        foreach (var owner in owners)
        {
            _file.Execute("""
                UPDATE spent SET cost = cost + (SELECT SUM(cost) FROM reserved WHERE owner = $owner),
                    input = input + (SELECT SUM(input) FROM reserved WHERE owner = $owner), output = output + (SELECT SUM(output) FROM reserved WHERE owner = $owner)
                """, ("$owner", owner));
            _file.Execute("DELETE FROM reserved WHERE owner = $owner", ("$owner", owner));
        }
        return owners.Count;
    }

    private static long Whole(decimal cost) => (long)Math.Ceiling(cost * Unit);
}
