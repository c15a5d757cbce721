namespace ZephyrML.Transforms.Teachers;

/// <summary>What Rank makes of a row.</summary>
internal sealed record Ranked(float[] Scores, string Chosen, string Rejected);
