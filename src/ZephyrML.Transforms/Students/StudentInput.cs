namespace ZephyrML.Transforms.Students;

/// <summary>What a student reads from a row.</summary>
internal sealed record StudentInput(string Prompt, string Messages);
