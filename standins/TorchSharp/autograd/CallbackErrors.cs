using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>Carries an exception thrown by a backward written in C# across native code, to whoever called backward.</summary>
internal static class CallbackErrors
{
    [ThreadStatic] private static Exception s_pending;

    internal static void Clear() => s_pending = null;

    internal static void Set(Exception e) => s_pending = e;

    /// <summary>The message says what was thrown; the exception itself stands inside, where the callback ran on the caller's thread.</summary>
    internal static void Check(int result)
    {
        if (result >= 0) return;
        var (message, inner) = (Native.LastError(), s_pending);
        s_pending = null;
        throw inner is null ? new ExternalException(message) : new ExternalException(message, inner);
    }
}
