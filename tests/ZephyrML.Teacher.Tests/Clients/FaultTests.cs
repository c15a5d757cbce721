using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>A server that answers 429, 500, resets, half bodies, slow bytes, wrong JSON and an answer twice, by a seeded plan; prompts that stand twice in the data.</summary>
[TestClass]
public class FaultTests
{
    private const int Concurrency = 24;
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    private TeacherOptions Options => new()
    {
        Cache = _folder["c.db"],
        MaxConcurrency = Concurrency,
        Retry = new() { MaxRetries = 6, Delay = TimeSpan.FromMilliseconds(5) },
        Transcript = _folder["t.jsonl"],
    };

    [TestMethod]
    public async Task All_prompts_finish_in_order_at_the_concurrency_asked_for_and_nothing_is_asked_twice()
    {
        var prompts = Enumerable.Range(0, Soak.Count(10_000, 500)).Select(Worker.Prompt).ToList();
        using var server = new FaultServer(faultRate: 0.2, seed: 7) { Latency = TimeSpan.FromMilliseconds(10) };
        using var teacher = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m"), Options);
        var generator = new AnswerGenerator(teacher, null);
        var rows = await Task.WhenAll(prompts.Select((p, i) => generator.GenerateAsync(new(i, p))));
        CollectionAssert.AreEqual(prompts.Select(p => "answer to " + p).ToList(), rows.Select(r => r.Response).ToList());
        var keys = prompts.Distinct().Count();
        Console.WriteLine($"{keys} keys, {server.Requests} requests, {server.Failures} failures: {string.Join(", ", server.Happened)}");
        Assert.AreEqual(keys, server.Keys);
        Assert.IsLessThanOrEqualTo(keys + server.Failures, server.Requests);
        Assert.AreEqual(keys, server.Answered);
        Assert.AreEqual(Concurrency, server.MostAtOnce);
        CollectionAssert.AreEquivalent(Enum.GetValues<Fault>(), server.Happened.Keys.ToArray(), "every fault has happened");
        Assert.AreEqual(keys, teacher.GetService<ResponseCacheStatistics>()!.Paid);
        Assert.HasCount(server.Requests, await File.ReadAllLinesAsync(_folder["t.jsonl"]));
    }

    [TestMethod]
    public async Task Streams_too_and_the_cache_keeps_whole_ones_only()
    {
        var prompts = Enumerable.Range(0, Soak.Count(2000, 100)).Select(Worker.Prompt).ToList();
        using var server = new FaultServer(faultRate: 0.3, seed: 3);
        using var teacher = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m"), Options);
        await Task.WhenAll(prompts.Select(async prompt =>
        {
            for (var attempt = 0; ; attempt++)                                     // a stream that breaks after its first piece is its reader's to ask again
            {
                try
                {
                    Assert.AreEqual("answer to " + prompt, (await teacher.GetStreamingResponseAsync(prompt).ToChatResponseAsync()).Text);
                    return;
                }
                catch (TeacherException e) when (e.IsTransient && attempt < 6)
                {
                }
            }
        }));
        var keys = prompts.Distinct().Count();
        Assert.AreEqual(keys, server.Keys);
        Assert.IsLessThanOrEqualTo(keys + server.Failures, server.Requests);
        Assert.IsLessThanOrEqualTo(Concurrency, server.MostAtOnce);
        var requests = server.Requests;
        foreach (var prompt in prompts)
            Assert.AreEqual("answer to " + prompt, (await teacher.GetStreamingResponseAsync(prompt).ToChatResponseAsync()).Text);
        Assert.AreEqual(requests, server.Requests);
    }

    [TestMethod]
    public async Task Two_processes_on_one_cache_ask_once_even_where_the_server_fails()
    {
        var prompts = Soak.Count(2000, 120);
        using var server = new FaultServer(faultRate: 0.15, seed: 5) { Latency = TimeSpan.FromMilliseconds(5) };
        using var first = Worker.Start("ask", server.Address, _folder.Root, prompts, 8);
        using var second = Worker.Start("ask", server.Address, _folder.Root, prompts, 8);
        var outputs = await Task.WhenAll(first.StandardOutput.ReadToEndAsync(), second.StandardOutput.ReadToEndAsync());
        await Task.WhenAll(first.WaitForExitAsync(), second.WaitForExitAsync());
        Assert.AreEqual((0, 0), (first.ExitCode, second.ExitCode), await first.StandardError.ReadToEndAsync() + await second.StandardError.ReadToEndAsync());
        Assert.AreEqual(string.Concat(Enumerable.Range(0, prompts).Select(i => $"answer to prompt {i}{Environment.NewLine}")), outputs[0]);
        Assert.AreEqual(outputs[0], outputs[1]);
        Assert.IsGreaterThan(0, server.Failures);
        Assert.AreEqual(prompts, server.Answered);
        Assert.IsLessThanOrEqualTo(prompts + server.Failures, server.Requests);
        Assert.IsLessThanOrEqualTo(16, server.MostAtOnce);
    }
}
