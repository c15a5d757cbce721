namespace ZephyrML.LanguageModels;

/// <summary>The tokens of one piece of text.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Bounds">Where in the piece each token starts and where it ends, in UTF-16 units: two numbers a token. Tokens that are parts of one character have its bounds.</param>
internal sealed record PieceTokens(int[] Ids, int[] Bounds);
