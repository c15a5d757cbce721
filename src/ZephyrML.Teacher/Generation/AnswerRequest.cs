namespace ZephyrML.Teacher;

/// <summary>A prompt to be answered.</summary>
/// <param name="Row">Its row, which decides what is drawn for it and stands in messages.</param>
/// <param name="Prompt">What is asked.</param>
public sealed record AnswerRequest(long Row, string Prompt)
{
    /// <summary>The dialogue so far, instead of the prompt alone. What follows its last user turn is not sent; without a user turn the prompt becomes one.</summary>
    public IReadOnlyList<DialogueTurn>? Messages { get; init; }

    /// <summary>Where the prompt came from, for <see cref="PrincipleMix.BySource"/>; null: not known.</summary>
    public string? Source { get; init; }

    /// <summary>Whether the teacher is asked (false where the data has its response already). Default: true.</summary>
    public bool WantsResponse { get; init; } = true;

    /// <summary>Whether the pool is asked (false where the data has candidates already). Default: true.</summary>
    public bool WantsCandidates { get; init; } = true;
}
