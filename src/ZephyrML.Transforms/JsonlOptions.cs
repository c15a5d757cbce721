namespace ZephyrML;

/// <summary>How <c>z.LoadJsonl</c> reads files whose fields it does not know.</summary>
public sealed class JsonlOptions
{
    /// <summary>In candidates that are objects, the field with the score, besides <c>score</c> and <c>overall_score</c>. Default null.</summary>
    public string? ScoreField { get; set; }

    /// <summary>In candidates that are objects, the field with the answer, besides <c>text</c>, <c>response</c>, <c>content</c> and <c>output</c>. Default null.</summary>
    public string? TextField { get; set; }

    /// <summary>Read at most so many rows; null: all. Default null.</summary>
    public long? MaxRows { get; set; }

    /// <summary>Throws one exception that lists everything that is wrong.</summary>
    /// <exception cref="ArgumentException">An option has an impossible value.</exception>
    public void Validate()
    {
        if (MaxRows is <= 0)
            throw new ArgumentException($"{nameof(JsonlOptions)}: {nameof(MaxRows)} must be null or greater than 0, not {MaxRows}.");
    }

    internal JsonlOptions Copy() => (JsonlOptions)MemberwiseClone();
}
