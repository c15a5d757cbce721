namespace ZephyrML;

/// <summary>How <c>z.LoadJsonl</c> reads files whose fields it does not know.</summary>
public sealed class JsonlOptions
{
    /// <summary>
    /// In candidates that are objects, the field with the score; null: <c>score</c>, else the mean of UltraFeedback's <c>annotations</c> (the paper's), else
    /// <c>fine-grained_score</c>, else <c>overall_score</c>. Default null.
    /// </summary>
    public string? ScoreField { get; set; }

    /// <summary>In candidates that are objects, the field with the answer, besides <c>text</c>, <c>response</c>, <c>content</c> and <c>output</c>. Default null.</summary>
    public string? TextField { get; set; }

    /// <summary>Candidates of these models are left out. Default none.</summary>
    public IReadOnlyCollection<string> LeaveOutModels { get; set; } = [];

    /// <summary>Read at most so many rows; null: all. Default null.</summary>
    public long? MaxRows { get; set; }

    /// <summary>Throws one exception that lists everything that is wrong.</summary>
    /// <exception cref="ArgumentException">An option has an impossible value.</exception>
    public void Validate()
    {
        var problems = new List<string>();
        if (MaxRows is <= 0)
            problems.Add($"{nameof(MaxRows)} must be null or greater than 0, not {MaxRows}.");
        if (LeaveOutModels is null)
            problems.Add($"{nameof(LeaveOutModels)} must be a collection, empty where none is left out.");
        if (problems.Count > 0)
            throw new ArgumentException($"{nameof(JsonlOptions)}: {string.Join(" ", problems)}");
    }

    internal JsonlOptions Copy()
    {
        var copy = (JsonlOptions)MemberwiseClone();
        copy.LeaveOutModels = LeaveOutModels is null ? null! : [.. LeaveOutModels];
        return copy;
    }
}
