using System.Diagnostics;

namespace ZephyrML.Examples.Tests;

/// <summary>Runs an example as a process of its own.</summary>
internal static class Programs
{
    /// <summary>The quickstart's base model.</summary>
    public static string BaseModel => Path.Combine(AppContext.BaseDirectory, "base");

    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program + ".dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["OMP_NUM_THREADS"] = "1";                              // a tiny model gains nothing from more, and other tests run too
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    /// <summary>A folder that is deleted with this object.</summary>
    public sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("zephyr-examples-").FullName;

        public void Dispose()
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException)
            {
                // A file that is still open somewhere must not fail a test.
            }
        }
    }
}
