using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>
/// The second process of the tests. <c>ask</c>: asks a server for the answers to prompt 0, 1, … through a cache, and prints them in order. <c>generate</c>: writes a data
/// set, a line a prompt: the teacher's response and two candidates' answers. <c>grow</c>: self-instruct to a number of dialogues. <c>spend</c>: asks until a shared budget is used up, and prints what it paid.
/// </summary>
internal static class Worker
{
    public static Task<int> Main(string[] args)
    {
        var (address, folder, prompts, concurrency) = (new Uri(args[1]), args[2], int.Parse(args[3], CultureInfo.InvariantCulture), int.Parse(args[4], CultureInfo.InvariantCulture));
        return args[0] switch
        {
            "ask" => AskAsync(address, folder, prompts, concurrency),
            "grow" => GrowAsync(address, folder, prompts, concurrency),
            "generate" => GenerateAsync(address, folder, prompts, concurrency),
            _ => SpendAsync(address, folder, prompts, concurrency),
        };
    }

    public static Process Start(string what, Uri address, string folder, int prompts, int concurrency)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["exec", typeof(Worker).Assembly.Location, what, address.ToString(), folder, $"{prompts}", $"{concurrency}"])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Every fifth prompt is an earlier one again.</summary>
    public static string Prompt(int row) => row % 5 == 4 ? $"prompt {row / 2}" : $"prompt {row}";

    private static async Task<int> AskAsync(Uri address, string folder, int prompts, int concurrency)
    {
        using var teacher = Client(address, "worker", folder, concurrency);
        var answers = await Task.WhenAll(Enumerable.Range(0, prompts).Select(async i => (await teacher.GetResponseAsync($"prompt {i}")).Text));
        foreach (var answer in answers)
            Console.WriteLine(answer);
        return 0;
    }

    private static async Task<int> GenerateAsync(Uri address, string folder, int prompts, int concurrency)
    {
        // three clients, each with its share of the concurrency
        using var teacher = Client(address, "teacher", folder, concurrency / 4);
        using var plain = Client(address, "plain", folder, concurrency / 4);
        using var good = Client(address, "good", folder, concurrency / 2);
        var generator = new AnswerGenerator(teacher, new() { ["plain"] = plain, ["good"] = good });
        var rows = await Task.WhenAll(Enumerable.Range(0, prompts).Select(i => generator.GenerateAsync(new(i, Prompt(i)))));
        var temporary = Path.Combine(folder, "data.tmp");
        await File.WriteAllLinesAsync(temporary, rows.Select((r, i) => JsonSerializer.Serialize(new { prompt = Prompt(i), r.Response, r.Candidates, r.CandidateModels })));
        File.Move(temporary, Path.Combine(folder, "data.jsonl"), overwrite: true);
        return 0;
    }

    private static async Task<int> GrowAsync(Uri address, string folder, int dialogues, int concurrency)
    {
        using var teacher = Client(address, "teacher", folder, concurrency);
        var generator = new SelfInstructGenerator(teacher, new() { TargetSize = dialogues, Rounds = 2, MaxRounds = 3, Refinements = 2, MaxConcurrency = concurrency, ContinueFrom = Path.Combine(folder, "grown.jsonl") });
        await foreach (var _ in generator.GenerateAsync(Enumerable.Range(0, 20).Select(i => $"Seed {i}: tell me all about subject number {i}")))
        {
        }
        Console.WriteLine(string.Join(", ", generator.Counts.Dropped.OrderBy(d => d.Key)));
        return 0;
    }

    private static async Task<int> SpendAsync(Uri address, string folder, int prompts, int concurrency)
    {
        using var teacher = TeacherClient.Create(TeacherClient.OpenAI(address, "m"), new()
        {
            MaxConcurrency = concurrency,
            Budget = new() { MaxTokens = prompts * 18L, Ledger = Path.Combine(folder, "ledger.db") },
        });
        var answered = 0;
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(async _ =>
        {
            try
            {
                while (true)
                {
                    await teacher.GetResponseAsync("fourteen bytes", new() { MaxOutputTokens = 7 });
                    Interlocked.Increment(ref answered);
                }
            }
            catch (BudgetExceededException)
            {
            }
        }));
        Console.WriteLine(answered);
        return 0;
    }

    private static IChatClient Client(Uri address, string name, string folder, int concurrency) => TeacherClient.Create(TeacherClient.OpenAI(address, name, () => "sk-planted-secret"), new()
    {
        Name = name,
        Cache = Path.Combine(folder, "c.db"),
        MaxConcurrency = concurrency,
        Retry = new() { MaxRetries = 6, Delay = TimeSpan.FromMilliseconds(10) },
    });
}
