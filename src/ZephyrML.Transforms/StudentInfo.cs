namespace ZephyrML;

/// <summary>Where a student comes from: the steps that made it, the first one first. Saved with it, and equal for equal runs.</summary>
/// <param name="Steps">The training steps, the last of which made this student.</param>
public sealed record StudentInfo(IReadOnlyList<LineageStep> Steps)
{
    /// <summary>The step that made this student.</summary>
    public LineageStep Last => Steps[^1];
}
