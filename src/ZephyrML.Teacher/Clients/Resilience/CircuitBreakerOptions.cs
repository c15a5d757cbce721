namespace ZephyrML.Teacher;

/// <summary>When a server counts as down, and what happens then: calls wait for it, instead of each using up its retries; one at a time tries whether it is back.</summary>
public sealed class CircuitBreakerOptions
{
    /// <summary>The share of failed calls (server errors, broken connections, time-outs; not 429) from which on the server counts as down. Default: 0.5.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>How many calls there must be within <see cref="Window"/> before their share counts; 2 or more. Default: 20.</summary>
    public int MinimumCalls { get; set; } = 20;

    /// <summary>The time over which the share is taken; half a second or more. Default: 30 s.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long nobody asks a server that is down, before one call tries it; half a second or more. Default: 5 s.</summary>
    public TimeSpan Break { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long calls wait for a server that is down before they fail for good. Default: 10 min.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(CircuitBreakerOptions))
        .Require(FailureRatio is > 0 and <= 1, $"FailureRatio must be above 0 and at most 1, not {FailureRatio}.")
        .Require(MinimumCalls >= 2, $"MinimumCalls must be 2 or more, not {MinimumCalls}.")
        .Require(Window >= TimeSpan.FromSeconds(0.5) && Window <= TimeSpan.FromDays(1), $"Window must be between half a second and a day, not {Window}.")
        .Require(Break >= TimeSpan.FromSeconds(0.5) && Break <= TimeSpan.FromDays(1), $"Break must be between half a second and a day, not {Break}.")
        .Require(MaxWait >= TimeSpan.Zero, $"MaxWait must not be negative, but is {MaxWait}.")
        .Throw();

    internal CircuitBreakerOptions Copy() => (CircuitBreakerOptions)MemberwiseClone();
}
