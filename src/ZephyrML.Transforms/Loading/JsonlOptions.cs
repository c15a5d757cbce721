namespace ZephyrML;

/// <summary>How <c>LoadJsonl</c> reads rows whose candidates carry scores of their own.</summary>
public sealed class JsonlOptions
{
    /// <summary>The field of a candidate object that holds its score. Default: null, then <c>score</c>, else <c>overall_score</c>, else the mean of UltraFeedback's
    /// <c>annotations.ASPECT.Rating</c> (the score of an answer is the mean of its aspects, arXiv 2310.16944, section 3).</summary>
    public string? ScoreField { get; set; }

    /// <summary>Candidates of these models are left out, such as the reference model that the others were judged against. Default: none.</summary>
    public IReadOnlyCollection<string> LeaveOutModels { get; set; } = [];

    internal JsonlOptions Copy() => new() { ScoreField = ScoreField, LeaveOutModels = [.. LeaveOutModels] };

    internal void Validate()
    {
        if (ScoreField is { } field && string.IsNullOrWhiteSpace(field))
            throw new ArgumentException($"{nameof(ScoreField)} is blank; expected the name of a field of a candidate, or null.", nameof(ScoreField));
        if (LeaveOutModels is null)
            throw new ArgumentException($"{nameof(LeaveOutModels)} is null; expected a collection, empty for none.", nameof(LeaveOutModels));
    }
}
