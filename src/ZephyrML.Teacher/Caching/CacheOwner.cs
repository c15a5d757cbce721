using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>Says who holds a lease, and whether its process still runs: a killed one's leases must not make its successor wait.</summary>
internal static class CacheOwner
{
    private static readonly string Machine = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName)))[..12];

    private static readonly string Here = Describe();

    /// <summary>A new owner in this process: a hash of the machine's name, the process id, its start in seconds, and something random.</summary>
    public static string New() => $"{Here}:{Guid.NewGuid():N}";

    /// <summary>False only where it is certain that the owner has ended.</summary>
    public static bool MayBeAlive(string owner)
    {
        var parts = owner.Split(':');
        if (parts.Length != 4 || parts[0] != Machine
            || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var id) || !long.TryParse(parts[2], CultureInfo.InvariantCulture, out var start))
            return true;
        try
        {
            using var process = Process.GetProcessById(id);
            return Math.Abs(Start(process) - start) <= 2;                          // else the id was given to another process
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return true;
        }
    }

    private static string Describe()
    {
        using var process = Process.GetCurrentProcess();
        return string.Create(CultureInfo.InvariantCulture, $"{Machine}:{process.Id}:{Start(process)}");
    }

    private static long Start(Process process) => new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeSeconds();
}
