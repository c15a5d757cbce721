using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>Turns what a server said instead of an answer into an exception: its status, a bounded piece of the body, never the key.</summary>
internal static class OpenAIError
{
    private const int MaxBody = 500;

    public static bool IsTransient(int status) => status is 408 or 409 or 425 or 429 or >= 500 and not 501 and not 505;

    public static async Task<TeacherException> ReadAsync(HttpResponseMessage response, string model, string? key, CancellationToken cancellationToken)
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
        return new($"The server of model '{model}' answered {status} {response.ReasonPhrase}: {Clean(body, key)}".TrimEnd(' ', ':'))
        {
            StatusCode = response.StatusCode,
            IsTransient = IsTransient(status),
            RetryAfter = RetryAfter(response.Headers.RetryAfter),
        };
    }

    public static TeacherException Unusable(string what, string model, string body, string? key, HttpStatusCode status) =>
        new($"The server of model '{model}' answered {(int)status}, but {what}: {Clean(body, key)}") { StatusCode = status, IsTransient = true };

    /// <summary>At most 500 characters on one line, the key struck out.</summary>
    public static string Clean(string body, string? key)
    {
        if (!string.IsNullOrEmpty(key))
            body = body.Replace(key, "***", StringComparison.OrdinalIgnoreCase);
        body = string.Join(' ', body.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return body.Length <= MaxBody ? body : body[..MaxBody] + "…";
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
