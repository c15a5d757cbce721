namespace ZephyrML.LanguageModels;

/// <summary>How text is generated.</summary>
public sealed class GenerationOptions
{
    /// <summary>At most so many tokens a reply. Default 256. A reply also ends where the model's longest sequence does.</summary>
    public int MaxNewTokens { get; set; } = 256;

    /// <summary>Logits are divided by this before sampling; 0, the default, takes the best token (greedy).</summary>
    public double Temperature { get; set; }

    /// <summary>Sample only from the likeliest tokens that together have this probability. Default 1: from all.</summary>
    public double TopP { get; set; } = 1;

    /// <summary>Seed of sampling. Each row has a stream of its own, from the seed and the row's number, so its text does not depend on the batch. Default 0.</summary>
    public int Seed { get; set; }

    /// <summary>The number of the first prompt, for callers that generate one list in several calls. Default 0.</summary>
    public long FirstRow { get; set; }

    /// <summary>How many prompts are generated at once. Default 16.</summary>
    public int BatchSize { get; set; } = 16;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (MaxNewTokens < 1) faults.Add($"{nameof(MaxNewTokens)} is {MaxNewTokens}, expected at least 1");
        if (!(Temperature >= 0) || double.IsInfinity(Temperature)) faults.Add($"{nameof(Temperature)} is {Temperature}, expected 0 or more");
        if (!(TopP > 0 && TopP <= 1)) faults.Add($"{nameof(TopP)} is {TopP}, expected above 0 and at most 1");
        if (BatchSize < 1) faults.Add($"{nameof(BatchSize)} is {BatchSize}, expected at least 1");
        if (faults.Count > 0) throw new ArgumentException($"{nameof(GenerationOptions)}: {string.Join("; ", faults)}.");
    }
}
