using System.Globalization;
using System.Net;

namespace ZephyrML.Teacher;

/// <summary>
/// What a failure of any chat client says: whether asking again may help, the status, and how long to wait. The clients of OpenAI's and Azure's own packages throw
/// exceptions of their own with an int property Status; that is read, without a reference to them.
/// </summary>
internal readonly record struct Failure(bool IsTransient, int? Status, TimeSpan? RetryAfter)
{
    public static Failure Of(Exception e) => e switch
    {
        TeacherException t => new(t.IsTransient, (int?)t.StatusCode, t.RetryAfter),
        StorageException => default,
        HttpRequestException { StatusCode: { } status } => OfStatus((int)status),
        HttpRequestException or IOException or TimeoutException => new(true, null, null),
        OperationCanceledException { InnerException: TimeoutException } => new(true, null, null),        // HttpClient's time-out
        _ when e.GetType().GetProperty("Status")?.GetValue(e) is int and >= 0 and < 600 and var status => status == 0 ? new(true, null, null) : OfStatus(status),
        AggregateException { InnerException: { } inner } => Of(inner),
        _ => default,
    };

    /// <summary>A server that is not able to answer: what counts against its health. A refusal for too many requests does not.</summary>
    public bool IsOutage => IsTransient && Status is not ((int)HttpStatusCode.TooManyRequests or (int)HttpStatusCode.Conflict or 425);

    /// <summary>The value of error.type: the status, or the exception's type.</summary>
    public static string Kind(Exception e) => Of(e).Status?.ToString(CultureInfo.InvariantCulture) ?? e.GetType().FullName ?? "_OTHER";

    private static Failure OfStatus(int status) => new(OpenAIError.IsTransient(status), status, null);
}
