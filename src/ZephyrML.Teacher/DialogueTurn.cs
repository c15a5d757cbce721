namespace ZephyrML.Teacher;

/// <summary>One turn of a dialogue.</summary>
/// <param name="Role">system, user or assistant.</param>
/// <param name="Content">What was said.</param>
public sealed record DialogueTurn(string Role, string Content);
