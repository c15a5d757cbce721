namespace ZephyrML.Training;

/// <summary>A dialogue as tokens.</summary>
/// <param name="Ids">The token ids, begin-of-sequence token included where the model has one.</param>
/// <param name="Supervised">For each token whether the model learns to say it (the assistant's, its end of turn included).</param>
public sealed record SftRow(int[] Ids, bool[] Supervised);
