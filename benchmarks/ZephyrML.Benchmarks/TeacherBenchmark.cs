using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;

namespace ZephyrML.Benchmarks;

/// <summary>
/// Calls a second through the clients, as a share of the ideal (concurrency / latency), from a server that answers after a fixed time: the client behind a semaphore, what
/// <see cref="TeacherClient.Create"/> composes, the same with cache, budget, rate limit and transcript, and the ML.NET stage over it. The server runs in this process too; since a busy
/// or virtual machine holds calls for longer than they were meant to be, the second share is that of the ideal at the latency which the server really had.
/// </summary>
internal static class TeacherBenchmark
{
    public static string Run(string[] args)
    {
        var calls = Number(args, "--calls", 4000);
        var concurrency = Number(args, "--concurrency", 64);
        var latency = TimeSpan.FromMilliseconds(Number(args, "--latency", 50));
        using var server = new LatencyServer(latency);
        var folder = Directory.CreateTempSubdirectory("zephyr-bench-").FullName;
        try
        {
            var ideal = concurrency / latency.TotalSeconds;
            Console.WriteLine($"{calls} calls, concurrency {concurrency}, latency {latency.TotalMilliseconds} ms: ideal {ideal:F0} calls/s; {Environment.ProcessorCount} cores, the server among them");
            IChatClient Bare() => TeacherClient.OpenAI(server.Address, "m");
            TeacherOptions Options(string? cache) => new() { Name = "m", MaxConcurrency = concurrency, Cache = cache is null ? null : Path.Combine(folder, cache) };
            var whole = Options("whole.db");
            whole.Budget = new() { MaxCost = 1_000_000, CostPer1MInput = 1, CostPer1MOutput = 1 };
            (whole.RequestsPerMinute, whole.TokensPerMinute, whole.Transcript) = (10_000_000, int.MaxValue, Path.Combine(folder, "t.jsonl"));

            using (var warm = TeacherClient.Create(Bare(), Options("warm.db")))
                AskAsync(warm, 2 * concurrency, concurrency).GetAwaiter().GetResult();
            foreach (var (name, make) in (IEnumerable<(string, Func<IChatClient>)>)[
                ("client and a semaphore", () => Bare().WithMaxConcurrency(concurrency)), ("composed, no cache", () => TeacherClient.Create(Bare(), Options(null))),
                ("with cache", () => TeacherClient.Create(Bare(), Options("c.db"))), ("with cache, budget, rate limit, transcript", () => TeacherClient.Create(Bare(), whole))])
            {
                using var client = make();
                Tell(name, calls, ideal, server, concurrency, () => AskAsync(client, calls, concurrency));
            }
            using var teacher = TeacherClient.Create(Bare(), Options("ml.db"));
            var ml = new MLContext(seed: 1);
            var prompts = ml.Data.LoadFromEnumerable(Enumerable.Range(0, calls).Select(i => new Prompt { Text = $"What is the weather like in town {i}?" }).ToList());
            var answered = ml.Zephyr(o => o.MaxConcurrency = concurrency).TeacherGenerate(teacher, null).Fit(prompts).Transform(prompts);
            Tell("z.TeacherGenerate over an IDataView, with cache", calls, ideal, server, concurrency, () =>
            {
                if (answered.GetColumn<string>("Response").Count(r => r.Length > 0) != calls)
                    throw new InvalidOperationException("Rows without an answer.");
                return Task.CompletedTask;
            });
            Tell("again, all from the cache (no ideal)", calls, double.NaN, server, concurrency, () => Task.FromResult(answered.GetColumn<string>("Response").Count()));
            return $"most calls at once, seen by the server: {server.MostAtOnce}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task AskAsync(IChatClient client, int calls, int concurrency) =>
        Parallel.ForEachAsync(Enumerable.Range(0, calls), new ParallelOptions { MaxDegreeOfParallelism = 2 * concurrency }, async (i, token) =>
            await client.GetResponseAsync($"What is the weather like in town {i}?", cancellationToken: token).ConfigureAwait(false));

    private static void Tell(string name, int calls, double ideal, LatencyServer server, int concurrency, Func<Task> run)
    {
        var held = server.Held;
        var (start, cpu) = (Stopwatch.GetTimestamp(), Process.GetCurrentProcess().TotalProcessorTime);
        run().GetAwaiter().GetResult();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var busy = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        Console.WriteLine($"{name,-48} {calls / seconds,8:F0} calls/s  {(double.IsNaN(ideal) ? "" : $"{calls / seconds / ideal,6:P1} of ideal, {(server.Held - held).TotalSeconds / seconds / concurrency,6:P1} at the {(server.Held - held).TotalMilliseconds / calls:F1} ms it was"),-46} {1e6 * busy / calls,6:F0} µs of CPU a call");
    }

    private static int Number(string[] args, string name, int value)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? value : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }
}
