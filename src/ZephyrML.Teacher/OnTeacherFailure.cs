namespace ZephyrML.Teacher;

/// <summary>What happens where a teacher, a candidate or a judge fails for good: after all its retries, or at once where they cannot help.</summary>
public enum OnTeacherFailure
{
    /// <summary>The run stops with the failure, which names the row. What was answered before is in the response cache.</summary>
    Stop,

    /// <summary>What failed is missing, and the run goes on, up to a share of rows that may fail. A used-up budget stops it all the same.</summary>
    Skip,
}
