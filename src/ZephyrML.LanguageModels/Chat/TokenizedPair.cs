namespace ZephyrML.LanguageModels;

/// <summary>A preference pair as token ids: one context, two completions.</summary>
/// <param name="Prompt">Ids of the context, generation prompt included; a prefix of both full dialogues.</param>
/// <param name="Chosen">Ids of the preferred answer, its end-of-turn token included.</param>
/// <param name="Rejected">Ids of the other answer, its end-of-turn token included.</param>
public sealed record TokenizedPair(int[] Prompt, int[] Chosen, int[] Rejected);
