namespace ZephyrML.LanguageModels;

/// <summary>The tokens of one piece of text.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Bounds">Where each token starts in the piece's UTF-8 bytes and where it ends: two numbers a token.</param>
internal sealed record BpeWord(int[] Ids, int[] Bounds);
