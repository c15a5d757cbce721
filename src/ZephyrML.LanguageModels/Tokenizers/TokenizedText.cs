namespace ZephyrML.LanguageModels;

/// <summary>A text as tokens.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Offsets">
/// For each token the UTF-16 range [Start, End) of the text that it comes from. Tokens that are parts of one character all have that character's range;
/// tokens that the post-processor adds have (0, 0).
/// </param>
public sealed record TokenizedText(int[] Ids, (int Start, int End)[] Offsets);
