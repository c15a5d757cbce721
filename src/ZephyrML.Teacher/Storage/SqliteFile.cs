using Microsoft.Data.Sqlite;

namespace ZephyrML.Teacher;

/// <summary>
/// An SQLite file of ours with one connection, used under one lock: makes or checks it, runs work in transactions, keeps commands prepared, and says in plain words
/// what went wrong. A commit survives the killing of the process (WAL).
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    private const int Full = 13, CannotOpen = 14, Corrupt = 11, NoDatabase = 26, Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10;

    private readonly string _what;
    private readonly int _applicationId, _schemaVersion, _busySeconds;
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private readonly Lock _lock = new();

    /// <summary>Opens the file, and makes it where it is missing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it is, for messages: "response cache".</param>
    /// <param name="applicationId">SQLite's application id of such files.</param>
    /// <param name="schemaVersion">The version of the tables.</param>
    /// <param name="schema">The statements that make them.</param>
    /// <param name="busySeconds">How long to wait while another process writes.</param>
    /// <exception cref="IOException">It cannot be opened, or is something else.</exception>
    public SqliteFile(string path, string what, int applicationId, int schemaVersion, string schema, int busySeconds = 30)
    {
        (Path, _what, _applicationId, _schemaVersion, _busySeconds) = (System.IO.Path.GetFullPath(path), what, applicationId, schemaVersion, busySeconds);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        _connection = new(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false, DefaultTimeout = busySeconds }.ToString());
        try
        {
            _connection.Open();
            Prepare(schema);
        }
        catch (SqliteException e)
        {
            Close();
            throw Plain(e, "cannot be opened");
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Runs work under the lock; if it writes, in one transaction: all of it or nothing.</summary>
    /// <exception cref="IOException">SQLite failed.</exception>
    public T Run<T>(bool write, Func<T> work)
    {
        lock (_lock)
        {
            try
            {
                if (!write)
                    return work();
                Execute("BEGIN IMMEDIATE");
                T result;
                try
                {
                    result = work();
                    Execute("COMMIT");
                }
                catch
                {
                    Rollback();
                    throw;
                }
                return result;
            }
            catch (SqliteException e)
            {
                throw Plain(e, "failed");
            }
        }
    }

    /// <summary>A prepared command with its parameters set; call it inside <see cref="Run"/> only.</summary>
    public SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }
        command.Parameters.Clear();
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>Runs statements without a result.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Command(sql, parameters).ExecuteNonQuery();

    /// <summary>The first value of the first row; null where there is none.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Command(sql, parameters).ExecuteScalar() is { } value and not DBNull ? value : null;

    public void Dispose()
    {
        lock (_lock)
            Close();
    }

    private void Close()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        _commands.Clear();
        _connection.Dispose();
    }

    private void Rollback()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // a full disk ends the transaction by itself
        }
    }

    private void Prepare(string schema)
    {
        Execute($"PRAGMA busy_timeout = {_busySeconds * 1000}");
        Execute("BEGIN");                                                          // else another process may make the file between two questions
        var isNew = Check();
        Execute("COMMIT");
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = NORMAL");                                    // a killed process loses nothing; a power cut may lose the last moments
        Execute("PRAGMA wal_autocheckpoint = 4000");                               // each stops the writers for two fsyncs: 16 MB apart rather than 4
        if (!isNew)
            return;
        Execute("BEGIN IMMEDIATE");
        if (Check())
            Execute($"{schema}; PRAGMA application_id = {_applicationId}; PRAGMA user_version = {_schemaVersion}");
        Execute("COMMIT");
    }

    /// <summary>Whether the file is new; an exception where it is something else.</summary>
    private bool Check()
    {
        var id = Convert.ToInt64(Scalar("PRAGMA application_id"));
        var version = Convert.ToInt64(Scalar("PRAGMA user_version"));
        var tables = Convert.ToInt64(Scalar("SELECT COUNT(*) FROM sqlite_master"));
        if (id != _applicationId && (tables > 0 || version != 0 || id != 0))
            throw new IOException($"'{Path}' is a SQLite file, but no {_what} of ZephyrML.");
        if (id == _applicationId && version > _schemaVersion)
            throw new IOException($"The {_what} '{Path}' was made by a newer version (its form is {version}; this version reads up to {_schemaVersion}).");
        return id != _applicationId;
    }

    private StorageException Plain(SqliteException e, string how)
    {
        var why = e.SqliteErrorCode switch
        {
            Busy or Locked => $"another process has kept it locked for {_busySeconds} s",
            Full => "the disk is full",
            Corrupt => "the file is damaged; copy what can be read with the sqlite3 tool's .recover, or move the file away",
            NoDatabase => "it is no SQLite file, or is damaged",
            CannotOpen => "its folder or file cannot be opened for writing",
            ReadOnly => "the file or its folder is read-only",
            IoError => "reading or writing it failed",
            _ => null,
        };
        return new StorageException($"The {_what} '{Path}' {how}: {(why is null ? "" : why + ". ")}{e.Message}", e);
    }
}
