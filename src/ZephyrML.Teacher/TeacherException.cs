using System.Net;

namespace ZephyrML.Teacher;

/// <summary>A teacher, candidate or judge could not be asked, or its answer could not be used. Messages never hold a key.</summary>
public class TeacherException : Exception
{
    /// <summary>Makes one.</summary>
    public TeacherException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <summary>The HTTP status of the answer; null where there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>How long the server asks to wait before the next attempt; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether asking again may help: too many requests, a server's error, a broken connection, a time-out.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether a run cannot go on without this answer, even where failed rows may be skipped: a budget that is used up, a replayed cache that lacks the answer, a cache that cannot be written, a server that has been down for long.</summary>
    public virtual bool EndsRun => false;

    /// <summary>Any failure of a client, said with where it happened.</summary>
    internal static TeacherException Of(string context, Exception e) => e switch
    {
        TeacherException known => known.InContext(context),
        StorageException => new RunEndedException(context + e.Message, e),
        _ => new(context + e.Message, e),
    };

    /// <summary>The same failure, said with where it happened; a budget that is used up stays that.</summary>
    internal virtual TeacherException InContext(string context) => new(context + Message, this) { StatusCode = StatusCode, RetryAfter = RetryAfter, IsTransient = IsTransient };
}
