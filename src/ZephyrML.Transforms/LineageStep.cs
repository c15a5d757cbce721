namespace ZephyrML;

/// <summary>One training step of a student's lineage. It names no path, key or endpoint.</summary>
public sealed record LineageStep
{
    /// <summary>The stage: dSFT or dDPO.</summary>
    public required string Stage { get; init; }

    /// <summary>The version of ZephyrML that trained.</summary>
    public required string Version { get; init; }

    /// <summary>The seed of every random choice in this step.</summary>
    public required int Seed { get; init; }

    /// <summary>The name of the folder that the weights came from; null where they came from the step before.</summary>
    public string? BaseModel { get; init; }

    /// <summary>SHA-256 of the weights that training started from.</summary>
    public required string StartWeights { get; init; }

    /// <summary>SHA-256 of the weights after training.</summary>
    public required string Weights { get; init; }

    /// <summary>The chat template by name.</summary>
    public required string Template { get; init; }

    /// <summary>Rows trained on.</summary>
    public required int RowsUsed { get; init; }

    /// <summary>Rows passed over because they lack what the stage trains on.</summary>
    public required int RowsSkipped { get; init; }

    /// <summary>Rows held out for evaluation.</summary>
    public int RowsHeldOut { get; init; }

    /// <summary>The options as JSON.</summary>
    public string Options { get; init; } = "{}";

    /// <summary>What training reported at its end, by TRL's names.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();
}
