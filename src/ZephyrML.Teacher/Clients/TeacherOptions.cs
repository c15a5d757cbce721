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

    /// <summary>How many calls may be made a minute; null, the default: no bound.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>How many tokens, of prompts and answers together, may be used a minute; estimated before a call and corrected after it. Null, the default: no bound.</summary>
    public int? TokensPerMinute { get; set; }

    /// <summary>What may be spent; null, the default: no limit.</summary>
    public BudgetOptions? Budget { get; set; }

    /// <summary>How failed calls are tried again; null: they are not. Default: four retries of transient failures with growing, jittered waits.</summary>
    public RetryOptions? Retry { get; set; } = new();

    /// <summary>When a server counts as down, and that calls wait then; null: each call finds out for itself. Default: when half of twenty or more calls within 30 s have failed.</summary>
    public CircuitBreakerOptions? CircuitBreaker { get; set; } = new();

    /// <summary>The longest that one attempt may take, of a stream each piece; null: no bound but the client's own. Default: 10 min.</summary>
    public TimeSpan? Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest that a question may take with all its retries; waiting for a slot or for the rate limit does not count. Null, the default: no bound.</summary>
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>A file to which a JSON line about each call that goes out is appended, failed ones too. Null, the default: none.</summary>
    public string? Transcript { get; set; }

    /// <summary>Whether the spans hold prompts and answers. Default: false.</summary>
    public bool RecordPrompts { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate()
    {
        var errors = new OptionErrors(nameof(TeacherOptions))
            .Require(Name is null || !string.IsNullOrWhiteSpace(Name), "Name must not be empty.")
            .Require(Cache is null || !string.IsNullOrWhiteSpace(Cache), "Cache must be the path of a file.")
            .Require(Enum.IsDefined(CacheMode), $"CacheMode {CacheMode} is not known.")
            .Require(CacheMode == CacheMode.ReadWrite || Cache is not null, "CacheMode ReplayOnly needs Cache.")
            .Require(MaxConcurrency is null or >= 1, $"MaxConcurrency must be 1 or more, not {MaxConcurrency}.")
            .Require(RequestsPerMinute is null or >= 1, $"RequestsPerMinute must be 1 or more, not {RequestsPerMinute}.")
            .Require(TokensPerMinute is null or >= 1, $"TokensPerMinute must be 1 or more, not {TokensPerMinute}.")
            .Require(IsTime(Timeout), $"Timeout must be above 0 and at most 24 days, not {Timeout}.")
            .Require(IsTime(TotalTimeout), $"TotalTimeout must be above 0 and at most 24 days, not {TotalTimeout}.")
            .Require(Transcript is null || !string.IsNullOrWhiteSpace(Transcript), "Transcript must be the path of a file.");
        foreach (var validate in (Action?[])[Budget is null ? null : Budget.Validate, Retry is null ? null : Retry.Validate, CircuitBreaker is null ? null : CircuitBreaker.Validate])
            errors.Include(validate);
        errors.Throw();
    }

    private static bool IsTime(TimeSpan? time) => time is null || (time > TimeSpan.Zero && time < TimeSpan.FromDays(24.8));
}
