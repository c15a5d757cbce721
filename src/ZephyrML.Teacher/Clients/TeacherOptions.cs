namespace ZephyrML.Teacher;

/// <summary>What <see cref="TeacherClient.Create"/> puts around a client.</summary>
public sealed class TeacherOptions
{
    /// <summary>
    /// The teacher's name, part of every cached answer's key: give different teachers different names. Null: the provider and model that the client's metadata
    /// give; a client without them is refused where a cache is asked for.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>The file of the response cache (SQLite; made if missing; may be shared by many clients and processes). Null, the default: no cache, every answer is paid again.</summary>
    public string? Cache { get; set; }

    /// <summary>Whether a missing answer may be asked for. Default: <see cref="CacheMode.ReadWrite"/>.</summary>
    public CacheMode CacheMode { get; set; } = CacheMode.ReadWrite;

    /// <summary>How many calls may be under way at once; null: no bound. Default: 16.</summary>
    public int? MaxConcurrency { get; set; } = 16;

    /// <summary>How failed calls are tried again; null: they are not. Default: four retries of transient failures with growing, jittered waits.</summary>
    public RetryOptions? Retry { get; set; } = new();

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate()
    {
        new OptionErrors(nameof(TeacherOptions))
            .Require(Name is null || !string.IsNullOrWhiteSpace(Name), "Name must not be empty.")
            .Require(Cache is null || !string.IsNullOrWhiteSpace(Cache), "Cache must be the path of a file.")
            .Require(Enum.IsDefined(CacheMode), $"CacheMode {CacheMode} is not known.")
            .Require(CacheMode == CacheMode.ReadWrite || Cache is not null, "CacheMode ReplayOnly needs Cache.")
            .Require(MaxConcurrency is null or >= 1, $"MaxConcurrency must be 1 or more, not {MaxConcurrency}.")
            .Throw();
        Retry?.Validate();
    }
}
