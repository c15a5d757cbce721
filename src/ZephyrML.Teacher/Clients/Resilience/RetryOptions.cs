namespace ZephyrML.Teacher;

/// <summary>How failed calls are tried again.</summary>
public sealed class RetryOptions
{
    /// <summary>How often a call is tried again after the first attempt. Default: 4.</summary>
    public int MaxRetries { get; set; } = 4;

    /// <summary>The longest wait before the first retry; it doubles with each further one, and the actual wait is drawn between half of it and all of it. Default: 1 s.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>No wait is longer than this; a server that asks (Retry-After) for a longer one ends the retries. Default: 1 min.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(RetryOptions))
        .Require(MaxRetries >= 0, $"MaxRetries must be 0 or more, not {MaxRetries}.")
        .Require(Delay >= TimeSpan.Zero, $"Delay must not be negative, but is {Delay}.")
        .Require(MaxDelay >= Delay, $"MaxDelay ({MaxDelay}) must not be below Delay ({Delay}).")
        .Throw();

    internal RetryOptions Copy() => (RetryOptions)MemberwiseClone();
}
