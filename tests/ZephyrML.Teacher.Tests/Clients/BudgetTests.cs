using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class BudgetTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    private static FakeChatClient Model(long input = 100, long output = 50, Func<Task>? before = null) => new(async (m, _, _) =>
    {
        await (before?.Invoke() ?? Task.CompletedTask);
        var response = FakeChatClient.Reply(m[^1].Text == "bad" ? throw new TeacherException("no") : "a b c");
        response.Usage = new() { InputTokenCount = input, OutputTokenCount = output };
        return response;
    });

    private static ChatOptions Short => new() { MaxOutputTokens = 50 };

    [TestMethod]
    public async Task Stops_before_the_call_that_does_not_fit_and_names_spent_and_limit()
    {
        var inner = Model();
        // a call costs 100 x 2 + 50 x 8 = 600 millionths
        using var client = inner.WithBudget(new() { MaxCost = 0.0031m, CostPer1MInput = 2, CostPer1MOutput = 8 });
        for (var i = 0; i < 4; i++)
            await client.GetResponseAsync($"{i}", Short);
        await client.GetResponseAsync("5", Short);
        var e = await Assert.ThrowsExactlyAsync<BudgetExceededException>(() => client.GetResponseAsync("6", Short));
        Assert.AreEqual((5, 0.0030m, (decimal?)0.0031m, 750L, (long?)null), (inner.Calls, e.Spent, e.Limit, e.SpentTokens, e.TokenLimit));
        StringAssert.Contains(e.Message, "0.003 of 0.0031 (MaxCost)");
        Assert.IsFalse(e.IsTransient);
        var statistics = client.GetService<BudgetStatistics>()!;
        Assert.AreEqual((0.0030m, 500L, 250L, 0m), (statistics.Spent, statistics.InputTokens, statistics.OutputTokens, statistics.Reserved));
    }

    [TestMethod]
    public async Task Failed_calls_cost_nothing_and_cached_input_its_own_price()
    {
        var inner = new FakeChatClient((m, _, _) =>
        {
            var response = m[^1].Text == "bad" ? throw new TeacherException("no") : FakeChatClient.Reply("a");
            response.Usage = new() { InputTokenCount = 1000, CachedInputTokenCount = 800, OutputTokenCount = 10 };
            return Task.FromResult(response);
        });
        using var client = inner.WithBudget(new() { MaxCost = 1, CostPer1MInput = 10, CostPer1MCachedInput = 1, CostPer1MOutput = 100 });
        await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("bad"));
        var statistics = client.GetService<BudgetStatistics>()!;
        Assert.AreEqual((0m, 0m), (statistics.Spent, statistics.Reserved));
        await client.GetResponseAsync("x");
        Assert.AreEqual((200 * 10 + 800 * 1 + 10 * 100) / 1_000_000m, statistics.Spent);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Holds_under_concurrency_and_uses_the_whole_of_it(bool ledger)
    {
        var inner = Model(input: 9, output: 50, before: () => Task.Delay(1));
        using var client = inner.WithBudget(new() { MaxTokens = 100 * 59, Ledger = ledger ? _folder["l.db"] : null }, countTokens: _ => 2);       // 3 + 4 + 2 of prompt
        var results = await Task.WhenAll(Enumerable.Range(0, 150).Select(async i =>
        {
            try
            {
                await client.GetResponseAsync($"{i}", Short);
                return true;
            }
            catch (BudgetExceededException)
            {
                return false;
            }
        }));
        Assert.AreEqual((100, 100), (inner.Calls, results.Count(r => r)));
        Assert.AreEqual(0m, client.GetService<BudgetStatistics>()!.Reserved);
    }

    [TestMethod]
    public async Task A_call_that_does_not_fit_beside_those_under_way_waits_for_what_they_really_cost()
    {
        var gate = new TaskCompletionSource();
        var inner = Model(input: 9, output: 1, before: () => gate.Task);
        using var client = inner.WithBudget(new() { MaxTokens = 100 }, countTokens: _ => 2);       // estimates of 59: only one fits at a time
        var calls = Enumerable.Range(0, 4).Select(i => client.GetResponseAsync($"{i}", Short)).ToArray();
        await Task.Delay(20);
        Assert.AreEqual(1, inner.Calls);
        gate.SetResult();
        await Task.WhenAll(calls);
        Assert.AreEqual(4, inner.Calls);
    }

    [TestMethod]
    public async Task A_ledger_outlives_its_clients_and_is_one_purse_for_several()
    {
        BudgetOptions Options(decimal price) => new() { MaxCost = 0.01m, CostPer1MInput = price, CostPer1MOutput = price, Ledger = _folder["sub/l.db"] };
        using (var first = Model().WithBudget(Options(10)))
            await first.GetResponseAsync("x", Short);                              // 0.0015
        using var second = Model().WithBudget(Options(20));
        await second.GetResponseAsync("x", Short);                                 // 0.0030
        using var third = Model().WithBudget(Options(40));
        Assert.AreEqual(0.0045m, third.GetService<BudgetStatistics>()!.Spent);
        var e = await Assert.ThrowsExactlyAsync<BudgetExceededException>(() => third.GetResponseAsync(new string('x', 400), Short));
        Assert.AreEqual(0.0045m, e.Spent);
        StringAssert.Contains(e.Message, "l.db");
        StringAssert.Contains(Assert.Throws<IOException>(() => Model().WithResponseCache(_folder["sub/l.db"], "t")).Message, "no response cache");
    }

    [TestMethod]
    public async Task A_stream_is_charged_by_its_usage_or_by_what_came_of_it()
    {
        using var server = new FaultServer();
        using var client = TeacherClient.OpenAI(server.Address, "m").WithBudget(new() { MaxTokens = 10_000 });
        await client.GetStreamingResponseAsync("one").ToListAsync();
        var statistics = client.GetService<BudgetStatistics>()!;
        Assert.AreEqual((11L, 7L), (statistics.InputTokens, statistics.OutputTokens));
        await client.GetStreamingResponseAsync("one").TakeToListAsync(1);
        Assert.IsGreaterThan(11, statistics.InputTokens);
        Assert.AreEqual(0m, statistics.Reserved);
    }

    [TestMethod]
    public async Task What_the_cache_answers_is_free_and_a_retry_is_no_new_question()
    {
        var calls = 0;
        var inner = new FakeChatClient((m, _, _) =>
        {
            if (Interlocked.Increment(ref calls) % 3 != 0)
                throw new TeacherException("busy") { IsTransient = true };
            var response = FakeChatClient.Reply("a");
            response.Usage = new() { InputTokenCount = 20, OutputTokenCount = 10 };
            return Task.FromResult(response);
        });
        using var client = TeacherClient.Create(inner, new()
        {
            Name = "t", Cache = _folder["c.db"], Retry = new() { Delay = TimeSpan.FromMilliseconds(1) }, CircuitBreaker = null, Budget = new() { MaxTokens = 100, ExpectedOutputTokens = 10 },
        });
        for (var i = 0; i < 20; i++)
            await client.GetResponseAsync($"{i % 3}");
        Assert.AreEqual((9, 90L), (calls, client.GetService<BudgetStatistics>()!.InputTokens + client.GetService<BudgetStatistics>()!.OutputTokens));
        var row = await Assert.ThrowsExactlyAsync<BudgetExceededException>(() => new AnswerGenerator(client, null).GenerateAsync(new(17, "new")));
        StringAssert.Contains(row.Message, "Row 17");
        Assert.AreEqual("a", (await client.GetResponseAsync("1")).Text);
    }

    [TestMethod]
    public async Task A_dry_run_asks_nobody_and_tells_what_the_rest_would_cost()
    {
        var inner = Model(input: 10, output: 20);
        using var client = TeacherClient.Create(inner, new() { Name = "t", Cache = _folder["c.db"], Budget = new() { MaxCost = 0.1m, CostPer1MInput = 10, CostPer1MOutput = 100 } });
        var prompts = Enumerable.Range(0, 30).Select(i => $"prompt {i % 20}").ToList();
        var before = client.DryRun(prompts, Short);
        Assert.AreEqual((30L, 10L, 20L, 0), (before.Calls, before.Cached, before.Paid, inner.Calls));
        Assert.AreEqual((20L * 50, 20L * 50), (before.OutputTokens, before.MostOutputTokens), "nothing is known of the answers yet");
        Assert.IsFalse(before.Fits);
        Assert.AreEqual(0.1m, before.Left);
        foreach (var prompt in prompts.Take(12))
            await client.GetResponseAsync(prompt, Short);
        var after = client.DryRun(prompts, Short);
        Assert.AreEqual((8L, 8L * 20, 8L * 50), (after.Paid, after.OutputTokens, after.MostOutputTokens));
        Assert.AreEqual(8L * 10, after.InputTokens, "the estimate has learnt from what the server counted");
        Assert.AreEqual((8 * 10 * 10 + 8 * 20 * 100) / 1_000_000m, after.Cost);
        Assert.AreEqual(0.1m - 12 * 0.0021m, after.Left);
        Assert.IsTrue(client.DryRun(prompts, Short, new() { MaxCost = 1, CostPer1MInput = 1, CostPer1MOutput = 1 }).Fits);
        Assert.AreEqual(12, inner.Calls);
        var sum = before + after;
        Assert.AreEqual((60L, 28L), (sum.Calls, sum.Paid));
        var free = new FakeChatClient((string t) => t).DryRun(["a", "a"]);
        Assert.AreEqual((2L, 0L, (decimal?)null), (free.Paid, free.Cached, free.Cost));
    }

    [TestMethod]
    public void Options_say_everything_that_is_wrong()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => Model().WithBudget(new() { MaxCost = -1, CostPer1MInput = -1, ExpectedOutputTokens = 0, Ledger = " " }));
        foreach (var name in (string[])["MaxCost", "CostPer1MInput", "ExpectedOutputTokens", "Ledger"])
            StringAssert.Contains(e.Message, name);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Model().WithBudget(new())).Message, "MaxTokens");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Model().WithBudget(new() { MaxCost = 1 })).Message, "prices");
        e = Assert.ThrowsExactly<ArgumentException>(() => new TeacherOptions
        {
            RequestsPerMinute = 0, TokensPerMinute = -1, Timeout = TimeSpan.Zero, TotalTimeout = TimeSpan.FromDays(100), Transcript = "", Budget = new(), Retry = new() { MaxRetries = -1 },
            CircuitBreaker = new() { FailureRatio = 2, MinimumCalls = 1, Window = default, Break = default, MaxWait = TimeSpan.MinValue },
        }.Validate());
        foreach (var name in (string[])["RequestsPerMinute", "TokensPerMinute", "Timeout", "TotalTimeout", "Transcript", "MaxTokens", "MaxRetries", "FailureRatio", "MinimumCalls", "Window", "Break", "MaxWait"])
            StringAssert.Contains(e.Message, name);
    }
}
