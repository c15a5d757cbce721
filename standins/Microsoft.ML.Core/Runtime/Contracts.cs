using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Runtime;

/// <summary>The exceptions of ML.NET: their types, their wording, and the mark that tells them from a bug.</summary>
internal static class Contracts
{
    private const string MarkKey = "ML_IsMarked";

    public static bool IsMarked(this Exception ex) => ex.Data.Contains(MarkKey);

    public static TException Mark<TException>(TException ex) where TException : Exception
    {
        ex.Data[MarkKey] = 1;
        return ex;
    }

    public static Exception Except(string message, Exception inner = null) => Mark(new InvalidOperationException(message, inner));

    public static Exception Except(this IExceptionContext ctx, string message, Exception inner = null) => Process(ctx, new InvalidOperationException(message, inner));

    public static Exception ExceptParam(string name, string message = null) => Mark(new ArgumentOutOfRangeException(name, message));

    public static Exception ExceptParam(this IExceptionContext ctx, string name, string message) => Process(ctx, new ArgumentOutOfRangeException(name, message));

    public static Exception ExceptValue(string name) => Mark(new ArgumentNullException(name));

    public static Exception ExceptDecode(string message = null, Exception inner = null) => Mark(new FormatException(message, inner));

    public static Exception ExceptNotSupp(string message) => Mark(new NotSupportedException(message));

    public static Exception ExceptMissingColumn(this IExceptionContext ctx, string paramName, string role, string column)
        => ExceptParam(ctx, paramName, $"Could not find {role} column '{column}'");

    public static Exception ExceptSchemaMismatch(this IExceptionContext ctx, string paramName, string role, string column, string expected, string actual)
        => ExceptParam(ctx, paramName, $"Schema mismatch for {role} column '{column}': expected {expected}, got {actual}");

    public static void Check([DoesNotReturnIf(false)] bool ok, string message = null)
    {
        if (!ok)
            throw message == null ? Mark(new InvalidOperationException()) : Except(message);
    }

    public static void CheckDecode([DoesNotReturnIf(false)] bool ok, string message = null)
    {
        if (!ok)
            throw message == null ? Mark(new FormatException()) : ExceptDecode(message);
    }

    public static void CheckParam([DoesNotReturnIf(false)] bool ok, string name, string message = null)
    {
        if (!ok)
            throw ExceptParam(name, message);
    }

    public static void CheckValue<T>(T value, string name) where T : class
    {
        if (value is null)
            throw ExceptValue(name);
    }

    public static void CheckNonEmpty(string value, string name)
    {
        if (string.IsNullOrEmpty(value))
            throw ExceptParam(name, $"{name} cannot be null or empty");
    }

    public static void CheckNonWhiteSpace(string value, string name)
    {
        if (string.IsNullOrWhiteSpace(value))
            throw ExceptParam(name, $"{name} cannot be null or white space");
    }

    private static Exception Process(IExceptionContext ctx, Exception ex) => ctx == null ? Mark(ex) : ctx.Process(ex);
}
