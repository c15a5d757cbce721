namespace ZephyrML.Training;

/// <summary>A prompt and two answers as tokens; Prompt followed by either answer is a whole sequence.</summary>
/// <param name="Prompt">The prompt's ids, begin-of-sequence token included where the model has one.</param>
/// <param name="Chosen">The better answer's ids, with its end of turn.</param>
/// <param name="Rejected">The worse answer's ids, with its end of turn.</param>
public sealed record PreferenceRow(int[] Prompt, int[] Chosen, int[] Rejected);
