namespace ZephyrML.Teacher;

/// <summary>A replay-only response cache lacks an answer.</summary>
public sealed class CacheMissException : TeacherException
{
    /// <summary>Makes one.</summary>
    public CacheMissException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <inheritdoc/>
    public override bool EndsRun => true;

    internal override TeacherException InContext(string context) => new CacheMissException(context + Message, this);
}
