namespace ZephyrML.Transforms.Loading;

/// <summary>One line of a JSONL file in the columns of the pipeline; null is missing.</summary>
internal sealed class JsonlRow
{
    public string? Prompt { get; set; }
    public string? Messages { get; set; }
    public string? Response { get; set; }
    public string[]? Candidates { get; set; }
    public string[]? CandidateModels { get; set; }
    public float[]? Scores { get; set; }
    public string? Chosen { get; set; }
    public string? Rejected { get; set; }

    /// <summary>The columns that this row has a value for.</summary>
    public IEnumerable<string> Present()
    {
        if (Prompt is not null) yield return ZephyrColumns.Prompt;
        if (Messages is not null) yield return ZephyrColumns.Messages;
        if (Response is not null) yield return ZephyrColumns.Response;
        if (Candidates is not null) yield return ZephyrColumns.Candidates;
        if (CandidateModels is not null) yield return ZephyrColumns.CandidateModels;
        if (Scores is not null) yield return ZephyrColumns.Scores;
        if (Chosen is not null) yield return ZephyrColumns.Chosen;
        if (Rejected is not null) yield return ZephyrColumns.Rejected;
    }
}
