namespace ZephyrML.LanguageModels;

/// <summary>A text as tokens.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Offsets">
/// For each token the UTF-16 range [Start, End) of the text that it comes from. Tokens that are parts of one character all have that character's range;
/// tokens that the post-processor adds have (0, 0).
/// </param>
public sealed record TokenizedText(int[] Ids, (int Start, int End)[] Offsets)
{
    /// <summary>The text of each token as the vocabulary has it; of one that was found as it is written, that text.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>For each token 0, or in a pair what the post-processor says (as a rule 1 for those of the second text).</summary>
    public IReadOnlyList<int> TypeIds { get; init; } = [];

    /// <summary>For each token whether the post-processor added it.</summary>
    public IReadOnlyList<bool> SpecialTokensMask { get; init; } = [];

    /// <summary>For each token whether it is more than padding; empty where there is no padding at all.</summary>
    public IReadOnlyList<bool> AttentionMask { get; init; } = [];
}
