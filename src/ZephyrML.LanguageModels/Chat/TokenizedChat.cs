namespace ZephyrML.LanguageModels;

/// <summary>A dialogue as token ids, with the tokens that training may learn from.</summary>
/// <param name="Ids">Token ids of the whole dialogue.</param>
/// <param name="Supervised">For each token, whether the assistant speaks it (its end-of-turn token included).</param>
public sealed record TokenizedChat(int[] Ids, bool[] Supervised);
