namespace ZephyrML.Teacher;

/// <summary>When a replica of a <see cref="ReplicaPool"/> is taken out, and when it is tried again.</summary>
public sealed class ReplicaPoolOptions
{
    /// <summary>How many calls in a row must fail (server errors, broken connections, time-outs) before a replica is taken out. Default: 3: one prompt that a server cannot take must not take out all of them.</summary>
    public int MaxFailures { get; set; } = 3;

    /// <summary>How long a replica stays out before one call tries it; doubled after each try that fails. Default: 2 s.</summary>
    public TimeSpan ProbeAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest that a replica stays out between two tries. Default: 1 min.</summary>
    public TimeSpan MaxProbeAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many calls may be under way at one replica; null, the default: no bound but that around the pool.</summary>
    public int? MaxConcurrencyPerReplica { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(ReplicaPoolOptions))
        .Require(MaxFailures >= 1, $"MaxFailures must be 1 or more, not {MaxFailures}.")
        .Require(ProbeAfter > TimeSpan.Zero, $"ProbeAfter must be above 0, not {ProbeAfter}.")
        .Require(MaxProbeAfter >= ProbeAfter, $"MaxProbeAfter ({MaxProbeAfter}) must not be below ProbeAfter ({ProbeAfter}).")
        .Require(MaxConcurrencyPerReplica is null or >= 1, $"MaxConcurrencyPerReplica must be 1 or more, not {MaxConcurrencyPerReplica}.")
        .Throw();

    internal ReplicaPoolOptions Copy() => (ReplicaPoolOptions)MemberwiseClone();
}
