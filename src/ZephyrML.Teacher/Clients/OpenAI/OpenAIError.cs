using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>Turns what a server said instead of an answer into an exception: its status, a bounded piece of the body, never the key.</summary>
internal static class OpenAIError
{
    private const int MaxBody = 500;

    public static bool IsTransient(int status) => status is 408 or 409 or 425 or 429 or >= 500 and not 501 and not 505;

    public static async Task<TeacherException> ReadAsync(HttpResponseMessage response, string model, Redactor redactor, CancellationToken cancellationToken)
    {
        var body = "";
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var buffer = new byte[4096];
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            body = Encoding.UTF8.GetString(buffer, 0, read);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            body = "(its body could not be read)";
        }
        var status = (int)response.StatusCode;
        return new($"The server of model '{model}' answered {status} {redactor.Clean(response.ReasonPhrase ?? "")}: {Clean(body, redactor)}".TrimEnd(' ', ':'))
        {
            StatusCode = response.StatusCode,
            IsTransient = IsTransient(status),
            RetryAfter = RetryAfter(response.Headers),
        };
    }

    public static TeacherException Unusable(string what, string model, string body, Redactor redactor, HttpStatusCode status) =>
        new($"The server of model '{model}' answered {(int)status}, but {what}: {Clean(body, redactor)}") { StatusCode = status, IsTransient = true };

    /// <summary>At most 500 characters on one line, the key struck out.</summary>
    public static string Clean(string body, Redactor redactor)
    {
        body = redactor.CleanCut(body);
        body = string.Join(' ', body.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return body.Length <= MaxBody ? body : body[..MaxBody] + "…";
    }

    /// <summary>Seconds or a date; Azure and OpenAI also tell milliseconds in a header of their own.</summary>
    private static TimeSpan? RetryAfter(HttpResponseHeaders headers)
    {
        if (headers.TryGetValues("retry-after-ms", out var values)
            && double.TryParse(values.FirstOrDefault(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and < 1e9)
            return TimeSpan.FromMilliseconds(milliseconds);
        var header = headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
