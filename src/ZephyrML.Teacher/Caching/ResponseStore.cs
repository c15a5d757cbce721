using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace ZephyrML.Teacher;

/// <summary>
/// The SQLite file behind a response cache: one store per file and process, shared by its clients. Answers stand in <c>responses</c>; <c>leases</c> says who
/// is asking for what just now, so that two processes do not pay for one answer. What several callers write at the same time is committed together.
/// </summary>
internal sealed class ResponseStore : IDisposable
{
    private const int ApplicationId = 0x5A455048, SchemaVersion = 1;                // "ZEPH"
    private const string Schema = """
        CREATE TABLE responses(
            key BLOB PRIMARY KEY, teacher TEXT NOT NULL, model TEXT, sample INTEGER NOT NULL, created TEXT NOT NULL,
            input_tokens INTEGER, output_tokens INTEGER, response TEXT NOT NULL);
        CREATE TABLE leases(key BLOB PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL)
        """;

    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, ResponseStore> Open = new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    private readonly string _owner = CacheOwner.New();
    private readonly SqliteFile _reads;                                            // a reader need not wait for a writer that waits for another process
    private readonly GroupCommit _writes;
    private readonly HashSet<byte[]> _held = new(ByteArrayComparer.Instance);
    private readonly ConcurrentDictionary<byte[], CachedAnswer> _unstored = new(ByteArrayComparer.Instance);
    private readonly Timer _renewal;
    private volatile Exception? _full;
    private int _users;

    /// <summary>Opens a connection of its own; the product goes through <see cref="Acquire"/>.</summary>
    internal ResponseStore(string path, int busySeconds = 30)
    {
        File = new(path, "response cache", ApplicationId, SchemaVersion, Schema, busySeconds);
        try
        {
            _reads = new(path, "response cache", ApplicationId, SchemaVersion, Schema, busySeconds);
        }
        catch
        {
            File.Dispose();
            throw;
        }
        _writes = new(File);
        _renewal = new(_ => _ = RenewAsync());
    }

    /// <summary>Who asks for what in this process: the task gives the stored answer, or null where that caller failed to get one.</summary>
    public ConcurrentDictionary<byte[], TaskCompletionSource<string?>> Flights { get; } = new(ByteArrayComparer.Instance);

    /// <summary>The file.</summary>
    public SqliteFile File { get; }

    /// <summary>Answers that are paid and could not be stored yet.</summary>
    public int Unstored => _unstored.Count;

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
            Open.Remove(File.Path);
        }
        _renewal.Dispose();
        try
        {
            if (!_unstored.IsEmpty)
                File.Run(write: true, InsertUnstored);
        }
        catch (IOException)
        {
            // their callers have them; ResponseCacheStatistics tells that they are not stored
        }
        _reads.Dispose();
        File.Dispose();
    }

    /// <summary>Throws while there are paid answers that could not be stored.</summary>
    /// <exception cref="IOException">There are; the next lease tries to store them.</exception>
    public void Check()
    {
        if (_full is { } e)
            throw new StorageException(e.Message, e);
    }

    /// <summary>The stored answer, or null.</summary>
    public string? Find(byte[] key) => _unstored.TryGetValue(key, out var held) ? held.Response : _reads.Run(write: false, () => Select(_reads, key));

    /// <summary>Takes the lease on a key, unless its answer is there by now (found) or another running process holds it (neither).</summary>
    /// <exception cref="IOException">The file cannot be written: nobody may pay for what cannot be stored.</exception>
    public async Task<(string? Found, bool Leased)> TryLeaseAsync(byte[] key)
    {
        var (found, leased, stored) = await _writes.RunAsync(() =>
        {
            var stored = _unstored.Keys.ToArray();
            InsertUnstored();
            if (Select(File, key) is { } found)
                return (found, false, stored);
            if (File.Scalar("SELECT owner FROM leases WHERE key = $key AND until > $now", ("$key", key), ("$now", Now())) is string owner && owner != _owner && CacheOwner.MayBeAlive(owner))
                return (null, false, stored);
            File.Execute("INSERT OR REPLACE INTO leases(key, owner, until) VALUES ($key, $owner, $until)", ("$key", key), ("$owner", _owner), ("$until", Now() + (long)LeaseTime.TotalMilliseconds));
            return ((string?)null, true, stored);
        }).ConfigureAwait(false);
        foreach (var answer in stored)
            _unstored.TryRemove(answer, out _);
        if (_unstored.IsEmpty)
            _full = null;
        if (leased)
            Hold(key);
        return (found, leased);
    }

    /// <summary>
    /// Stores an answer and ends the lease, both or neither. An answer that is there must not be lost because the file cannot take it: it stays in memory, is found there,
    /// and the next lease stores it or fails.
    /// </summary>
    public async Task StoreAsync(CachedAnswer answer)
    {
        try
        {
            await _writes.RunAsync(() =>
            {
                Insert(answer);
                return Drop(answer.Key);
            }).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            _unstored.TryAdd(answer.Key, answer);
            _full = e;
        }
        LetGo(answer.Key);
    }

    /// <summary>Ends a lease without an answer; at worst it runs out by itself.</summary>
    public async Task ReleaseAsync(byte[] key)
    {
        LetGo(key);
        try
        {
            await _writes.RunAsync(() => Drop(key)).ConfigureAwait(false);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>Inserts an answer unless there is one; inside <see cref="SqliteFile.Run"/> only.</summary>
    /// <returns>Whether there was none.</returns>
    public bool Insert(CachedAnswer answer) => File.Execute(
        "INSERT OR IGNORE INTO responses(key, teacher, model, sample, created, input_tokens, output_tokens, response) VALUES ($key, $teacher, $model, $sample, $created, $input, $output, $response)",
        ("$key", answer.Key), ("$teacher", answer.Teacher), ("$model", answer.Model), ("$sample", answer.Sample), ("$created", answer.Created),
        ("$input", answer.InputTokens), ("$output", answer.OutputTokens), ("$response", answer.Response)) > 0;

    /// <summary>Up to so many answers whose keys come after a key, by their keys.</summary>
    public List<CachedAnswer> After(byte[] key, int most) => _reads.Run(write: false, () =>
    {
        var answers = new List<CachedAnswer>();
        using var reader = _reads.Command(
            "SELECT key, teacher, model, sample, created, input_tokens, output_tokens, response FROM responses WHERE key > $key ORDER BY key LIMIT $most", ("$key", key), ("$most", most)).ExecuteReader();
        while (reader.Read())
            answers.Add(new((byte[])reader[0], reader.GetString(1), Text(reader, 2), reader.GetInt32(3), reader.GetString(4), Number(reader, 5), Number(reader, 6), reader.GetString(7)));
        return answers;
    });

    /// <summary>The mean length of a teacher's answers in tokens; null where fewer than ten are known.</summary>
    public double? MeanAnswer(string teacher) => _reads.Run(write: false, () =>
    {
        using var reader = _reads.Command("SELECT AVG(output_tokens), COUNT(output_tokens) FROM responses WHERE teacher = $teacher", ("$teacher", teacher)).ExecuteReader();
        return reader.Read() && reader.GetInt64(1) >= 10 ? reader.GetDouble(0) : (double?)null;
    });

    private static string? Text(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static long? Number(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    private static string? Select(SqliteFile file, byte[] key) => file.Scalar("SELECT response FROM responses WHERE key = $key", ("$key", key)) as string;

    private int InsertUnstored() => _unstored.Values.Count(Insert);

    private int Drop(byte[] key) => File.Execute("DELETE FROM leases WHERE key = $key AND owner = $owner", ("$key", key), ("$owner", _owner));

    private void Hold(byte[] key)
    {
        lock (_held)
        {
            if (_held.Add(key) && _held.Count == 1)
                _renewal.Change(LeaseTime / 3, LeaseTime / 3);
        }
    }

    private void LetGo(byte[] key)
    {
        lock (_held)
        {
            if (_held.Remove(key) && _held.Count == 0)
                _renewal.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task RenewAsync()
    {
        try
        {
            await _writes.RunAsync(() => File.Execute("UPDATE leases SET until = $until WHERE owner = $owner", ("$owner", _owner), ("$until", Now() + (long)LeaseTime.TotalMilliseconds))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // the next renewal, or at worst a second payment
        }
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
