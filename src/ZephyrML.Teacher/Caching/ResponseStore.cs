using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace ZephyrML.Teacher;

/// <summary>
/// The SQLite file behind a response cache: one connection per file and process, shared by its clients. Answers stand in <c>responses</c>; <c>leases</c> says who
/// is asking for what just now, so that two processes do not pay for one answer. A commit survives the killing of the process (WAL).
/// </summary>
internal sealed class ResponseStore : IDisposable
{
    private const int ApplicationId = 0x5A455048, SchemaVersion = 1;                // "ZEPH"
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, ResponseStore> Open = new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    private readonly string _path, _owner = CacheOwner.New();
    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();
    private readonly HashSet<byte[]> _held = new(ByteArrayComparer.Instance);
    private readonly Timer _renewal;
    private int _users;

    /// <summary>Who asks for what in this process: the task gives the stored answer, or null where that caller failed to get one.</summary>
    public ConcurrentDictionary<byte[], TaskCompletionSource<string?>> Flights { get; } = new(ByteArrayComparer.Instance);

    /// <summary>Opens a connection of its own; the product goes through <see cref="Acquire"/>.</summary>
    internal ResponseStore(string path)
    {
        _path = path;
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        _connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        _renewal = new(_ => Renew());
        try
        {
            _connection.Open();
            Prepare();
        }
        catch (SqliteException e)
        {
            _renewal.Dispose();
            _connection.Dispose();
            throw new IOException($"The response cache '{path}' cannot be opened: {e.Message}", e);
        }
        catch
        {
            _renewal.Dispose();
            _connection.Dispose();
            throw;
        }
    }

    public static ResponseStore Acquire(string path)
    {
        path = Path.GetFullPath(path);
        lock (Open)
        {
            if (!Open.TryGetValue(path, out var store))
                Open[path] = store = new(path);
            store._users++;
            return store;
        }
    }

    /// <summary>Counts one more user, who will give the store back too.</summary>
    /// <exception cref="ObjectDisposedException">Everybody has given it back.</exception>
    public void Share()
    {
        lock (Open)
        {
            ObjectDisposedException.ThrowIf(_users == 0, this);
            _users++;
        }
    }

    /// <summary>Gives the store back; the last one closes the file.</summary>
    public void Dispose()
    {
        lock (Open)
        {
            if (--_users > 0)
                return;
            Open.Remove(_path);
        }
        _renewal.Dispose();
        lock (_lock)
            _connection.Dispose();
    }

    /// <summary>The stored answer, or null.</summary>
    public string? Find(byte[] key) => Run(write: false, () =>
    {
        using var command = Command("SELECT response FROM responses WHERE key = $key", ("$key", key));
        return command.ExecuteScalar() as string;
    });

    /// <summary>Takes the lease on a key, unless its answer is there by now (found) or another running process holds it (neither).</summary>
    public (string? Found, bool Leased) TryLease(byte[] key) => Run<(string?, bool)>(write: true, () =>
    {
        using var find = Command("SELECT response FROM responses WHERE key = $key", ("$key", key));
        if (find.ExecuteScalar() is string found)
            return (found, false);
        using var who = Command("SELECT owner FROM leases WHERE key = $key AND until > $now", ("$key", key), ("$now", Now()));
        if (who.ExecuteScalar() is string owner && owner != _owner && CacheOwner.MayBeAlive(owner))
            return (null, false);
        using var take = Command("INSERT OR REPLACE INTO leases(key, owner, until) VALUES ($key, $owner, $until)",
            ("$key", key), ("$owner", _owner), ("$until", Now() + (long)LeaseTime.TotalMilliseconds));
        take.ExecuteNonQuery();
        if (_held.Add(key) && _held.Count == 1)
            _renewal.Change(LeaseTime / 3, LeaseTime / 3);
        return (null, true);
    });

    /// <summary>Stores an answer and ends the lease, both or neither.</summary>
    public void Store(byte[] key, string teacher, string? model, int sample, string response, long? inputTokens, long? outputTokens) => Run(write: true, () =>
    {
        using var insert = Command(
            "INSERT OR IGNORE INTO responses(key, teacher, model, sample, created, input_tokens, output_tokens, response) VALUES ($key, $teacher, $model, $sample, $created, $input, $output, $response)",
            ("$key", key), ("$teacher", teacher), ("$model", model), ("$sample", sample), ("$created", DateTimeOffset.UtcNow.ToString("O")),
            ("$input", inputTokens), ("$output", outputTokens), ("$response", response));
        insert.ExecuteNonQuery();
        return Drop(key);
    });

    /// <summary>Ends a lease without an answer.</summary>
    public void Release(byte[] key) => Run(write: true, () => Drop(key));

    private int Drop(byte[] key)
    {
        if (_held.Remove(key) && _held.Count == 0)
            _renewal.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var drop = Command("DELETE FROM leases WHERE key = $key AND owner = $owner", ("$key", key), ("$owner", _owner));
        return drop.ExecuteNonQuery();
    }

    private void Renew()
    {
        try
        {
            Run(write: true, () =>
            {
                using var renew = Command("UPDATE leases SET until = $until WHERE owner = $owner", ("$owner", _owner), ("$until", Now() + (long)LeaseTime.TotalMilliseconds));
                return renew.ExecuteNonQuery();
            });
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // the next renewal, or at worst a second payment
        }
    }

    private void Prepare()
    {
        Execute("PRAGMA busy_timeout = 30000");
        var isNew = Run(write: false, () =>
        {
            using var snapshot = _connection.BeginTransaction(deferred: true);      // else another process may make the file between two questions
            return Check();
        });
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = NORMAL");                                    // a killed process loses nothing; a power cut may lose the last moments
        if (!isNew)
            return;
        Execute($"""
            BEGIN IMMEDIATE;
            CREATE TABLE IF NOT EXISTS responses(
                key BLOB PRIMARY KEY, teacher TEXT NOT NULL, model TEXT, sample INTEGER NOT NULL, created TEXT NOT NULL,
                input_tokens INTEGER, output_tokens INTEGER, response TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS leases(key BLOB PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL);
            PRAGMA application_id = {ApplicationId};
            PRAGMA user_version = {SchemaVersion};
            COMMIT;
            """);
    }

    /// <summary>Whether the file is new; an exception where it is something else.</summary>
    private bool Check()
    {
        var id = Convert.ToInt64(Scalar("PRAGMA application_id"));
        var version = Convert.ToInt64(Scalar("PRAGMA user_version"));
        var tables = Convert.ToInt64(Scalar("SELECT COUNT(*) FROM sqlite_master"));
        if (id != ApplicationId && (tables > 0 || version != 0))
            throw new IOException($"'{_path}' is a SQLite file, but no response cache of ZephyrML.");
        if (id == ApplicationId && version > SchemaVersion)
            throw new IOException($"The response cache '{_path}' was made by a newer version (its form is {version}; this version reads up to {SchemaVersion}).");
        return id != ApplicationId;
    }

    private T Run<T>(bool write, Func<T> work)
    {
        lock (_lock)
        {
            try
            {
                if (!write)
                    return work();
                using var transaction = _connection.BeginTransaction(deferred: false);
                var result = work();
                transaction.Commit();
                return result;
            }
            catch (SqliteException e)
            {
                throw new IOException($"The response cache '{_path}' failed: {e.Message}", e);
            }
        }
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string sql)
    {
        using var command = Command(sql);
        return command.ExecuteScalar();
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
