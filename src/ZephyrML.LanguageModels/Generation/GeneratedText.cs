namespace ZephyrML.LanguageModels;

/// <summary>What was generated for one prompt.</summary>
/// <param name="Ids">The new tokens, without the one that stopped it.</param>
/// <param name="Text">Their text, without special tokens.</param>
/// <param name="StoppedByToken">Whether the model ended it; else the limit of tokens did.</param>
public sealed record GeneratedText(int[] Ids, string Text, bool StoppedByToken);
