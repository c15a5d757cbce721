using System.Diagnostics;

namespace ZephyrML.Training;

internal static class ProcessMemory
{
    /// <summary>The process's peak working set in bytes.</summary>
    public static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
