namespace ZephyrML.Teacher;

/// <summary>How far a long stage has come.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Rows done.</param>
/// <param name="Total">Rows to do; null where it is not known.</param>
/// <param name="PerSecond">Rows a second, since the start of the stage.</param>
/// <param name="TimeLeft">Time left at that rate; null where it is not known.</param>
/// <param name="PaidCalls">Calls that a teacher answered.</param>
/// <param name="CacheHits">Calls that the response cache answered.</param>
public sealed record TeacherProgress(string Stage, long Done, long? Total, double PerSecond, TimeSpan? TimeLeft, long PaidCalls, long CacheHits);
