namespace ZephyrML;

/// <summary>What <c>ml.Zephyr(o => …)</c> sets for all stages that the catalog makes: what belongs to a run rather than to a recipe.</summary>
public sealed class ZephyrCatalogOptions
{
    /// <summary>Ends every long call: teacher calls, training, generation of data. A getter and Fit of ML.NET take no token of their own.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Told about every long call, with rate and time left; null: nobody. ML.NET's log (<c>ml.Log</c>) is told too.</summary>
    public IProgress<ZephyrProgress>? Progress { get; set; }

    /// <summary>Rows that a stage asks teachers about at the same time at most; 1: no look-ahead. Default 8.</summary>
    public int MaxConcurrency { get; set; } = 8;

    /// <summary>The seed that every random choice derives from where options name none; null: drawn from the MLContext, so that its seed decides. Default null.</summary>
    public int? Seed { get; set; }

    /// <summary>A folder for intermediate results that a second run can use again (the reference's log-probabilities of dDPO); null: none are kept. Default null.</summary>
    public string? CacheFolder { get; set; }

    internal void Validate()
    {
        if (MaxConcurrency is < 1 or > 256)
            throw new ArgumentException($"{nameof(ZephyrCatalogOptions)}: {nameof(MaxConcurrency)} must be between 1 and 256, not {MaxConcurrency}.");
    }
}
