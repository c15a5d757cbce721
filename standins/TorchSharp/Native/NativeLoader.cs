using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp;

/// <summary>Loads the native library, after telling the mathematics libraries what they get wrong by themselves on these machines.</summary>
internal static class NativeLoader
{
    private static readonly Lock s_lock = new();
    private static bool s_installed;

    internal static void Install()
    {
        lock (s_lock)
        {
            if (s_installed) return;
            s_installed = true;
            NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "atshim") return 0;
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("The TorchSharp stand-in runs on Linux. Elsewhere, build with the real packages: -p:ZephyrStack=packages.");
        // Read once when libtorch is loaded, so set before. .NET's own SetEnvironmentVariable does not reach getenv.
        // Without them: OpenBLAS takes new CPUs for old ones (a fifth of the speed), and idle OpenMP threads spin (2 to 30 times slower).
        if (Avx512F.IsSupported) SetIfUnset("OPENBLAS_CORETYPE", "SkylakeX");
        SetIfUnset("OMP_NUM_THREADS", Environment.ProcessorCount.ToString());
        SetIfUnset("OMP_WAIT_POLICY", "passive");
        KeepFreedMemory();
        List<string> tried = [];
        foreach (var folder in (string[])[AppContext.BaseDirectory, Path.GetDirectoryName(assembly.Location) ?? ""])
        {
            var file = Path.Combine(folder, "libatshim.so");
            if (!File.Exists(file)) { tried.Add(file); continue; }
            try { return NativeLibrary.Load(file); }
            catch (DllNotFoundException e)
            {
                throw new DllNotFoundException($"{file} cannot be loaded; it needs the libtorch it was built with (Debian: libtorch1.13, libopenblas0-pthread; ./build.sh restore installs them). {e.Message}", e);
            }
        }
        throw new DllNotFoundException($"The native side of the TorchSharp stand-in was not found at {string.Join(" or ", tried)}; building the application copies it there.");
    }

    // glibc gives every large tensor pages of its own and hands them back when it is freed, so that each step of a training run has the kernel clear the same gigabytes anew:
    // a model of 135M parameters spent most of its time there. Freed memory is kept instead. Whoever sets glibc's own variables has the last word.
    private static void KeepFreedMemory()
    {
        const int TrimThreshold = -1, MmapMax = -4;
        string[] users = ["MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"];
        if (users.Any(name => Environment.GetEnvironmentVariable(name) is not null)) return;
        try
        {
            _ = mallopt(MmapMax, 0);
            _ = mallopt(TrimThreshold, int.MaxValue);
        }
        catch (EntryPointNotFoundException) { }   // a libc other than glibc
    }

    private static void SetIfUnset(string name, string value) => setenv(name, value, 0);

    [DllImport("libc", CharSet = CharSet.Ansi)]
    private static extern int setenv(string name, string value, int overwrite);

    [DllImport("libc")]
    private static extern int mallopt(int parameter, int value);
}
