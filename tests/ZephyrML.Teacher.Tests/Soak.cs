namespace ZephyrML.Teacher.Tests;

/// <summary>The full counts run under ZEPHYR_SOAK=1 only.</summary>
internal static class Soak
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1";

    public static int Count(int soak, int fast) => IsOn ? soak : fast;
}
