namespace ZephyrML.Training;

/// <summary>Which end of a row (prompt and completion) is kept within <see cref="TrainingOptions.MaxLength"/>.</summary>
public enum Truncation
{
    /// <summary>The start (TRL's <c>keep_start</c>); pairs whose prompt leaves no room for a completion are dropped and counted.</summary>
    KeepStart,

    /// <summary>The end (TRL's deprecated <c>keep_end</c>): no pair is dropped, but chosen and rejected may see different parts of the prompt.</summary>
    KeepEnd,
}
