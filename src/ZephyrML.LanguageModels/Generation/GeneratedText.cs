namespace ZephyrML.LanguageModels;

/// <summary>What was generated for one prompt.</summary>
/// <param name="Ids">The new tokens, without a stop token. Where a stop string ended it, those of the string, or of its beginning, are there.</param>
/// <param name="Text">Their text, without special tokens and without the stop string.</param>
/// <param name="Reason">Why it ended.</param>
public sealed record GeneratedText(int[] Ids, string Text, FinishReason Reason)
{
    /// <summary>Whether the model ended it with a stop token.</summary>
    public bool StoppedByToken => Reason == FinishReason.StopToken;
}
