namespace ZephyrML.Teacher;

/// <summary>A failure that every further row would meet too: a server that has been down for long, a cache or transcript that cannot be written.</summary>
internal sealed class RunEndedException(string message, Exception inner) : TeacherException(message, inner)
{
    public override bool EndsRun => true;

    internal override TeacherException InContext(string context) => new RunEndedException(context + Message, this);
}
