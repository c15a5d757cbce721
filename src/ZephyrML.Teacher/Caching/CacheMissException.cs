namespace ZephyrML.Teacher;

/// <summary>A replay-only response cache lacks an answer.</summary>
public sealed class CacheMissException : TeacherException
{
    /// <summary>Makes one.</summary>
    public CacheMissException(string message) : base(message) { }
}
