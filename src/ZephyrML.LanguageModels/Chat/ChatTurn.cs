namespace ZephyrML.LanguageModels;

/// <summary>One message of a dialogue.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What is said, as plain text.</param>
public sealed record ChatTurn(string Role, string Content);
