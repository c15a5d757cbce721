using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>The second process of the tests: asks a server for the answers to prompt 0, 1, … through a cache, and prints them in order.</summary>
internal static class Worker
{
    public static async Task<int> Main(string[] args)
    {
        var (address, cache, prompts, concurrency) = (new Uri(args[0]), args[1], int.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture));
        using var teacher = TeacherClient.Create(TeacherClient.OpenAI(address, "m", () => "sk-planted-secret"), new() { Name = "worker", Cache = cache, MaxConcurrency = concurrency });
        var answers = await Task.WhenAll(Enumerable.Range(0, prompts).Select(async i => (await teacher.GetResponseAsync($"prompt {i}")).Text));
        foreach (var answer in answers)
            Console.WriteLine(answer);
        return 0;
    }

    public static Process Start(Uri address, string cache, int prompts, int concurrency)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["exec", typeof(Worker).Assembly.Location, address.ToString(), cache, $"{prompts}", $"{concurrency}"])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
