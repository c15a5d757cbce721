using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class RateLimitTests
{
    private readonly ManualTime _time = new();

    private sealed class Clocked(ManualTime time, Func<string, UsageDetails?> usage)
    {
        public List<DateTimeOffset> Times { get; } = [];

        public FakeChatClient Client() => new((m, _, _) =>
        {
            lock (Times)
                Times.Add(time.GetUtcNow());
            var response = FakeChatClient.Reply("a");
            response.Usage = usage(m[^1].Text);
            return Task.FromResult(response);
        });
    }

    [TestMethod]
    public async Task Keeps_to_requests_a_minute_in_the_order_of_the_callers()
    {
        var log = new Clocked(_time, _ => null);
        var inner = log.Client();
        using var client = new RateLimitingChatClient(inner, 120, null, time: _time);
        var calls = Task.WhenAll(Enumerable.Range(0, 50).Select(i => client.GetResponseAsync($"{i}")));
        await _time.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.AreEqual(2 + 20, inner.Calls, "two at once, then two a second");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(20));
        await calls;
        CollectionAssert.AreEqual(Enumerable.Range(0, 50).Select(i => $"{i}").ToList(), inner.Messages.Select(m => m[^1].Text).ToList());
        for (var i = 22; i < log.Times.Count; i++)
            Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(9.9), log.Times[i] - log.Times[i - 22], "never more than 20 in 10 s beside the first two");
    }

    [TestMethod]
    public async Task Tokens_are_estimated_before_and_corrected_after()
    {
        // estimated: 3 + 4 + 3 of prompt, 90 of answer; counted: 100, or 1000 for "long", or 10 for "short"
        var log = new Clocked(_time, p => new() { InputTokenCount = 10, OutputTokenCount = p switch { "long" => 990, "short" => 0, _ => 90 } });
        var inner = log.Client();
        using var client = new RateLimitingChatClient(inner, null, 6000, countTokens: _ => 3, time: _time);
        ChatOptions options = new() { MaxOutputTokens = 90 };
        await client.GetResponseAsync("plain", options);
        var next = client.GetResponseAsync("long", options);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(0.9));
        Assert.AreEqual(1, inner.Calls);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(0.2));
        await next;
        next = client.GetResponseAsync("short", options);                          // 900 tokens of debt are nine seconds more
        await _time.AdvanceAsync(TimeSpan.FromSeconds(9.5));
        Assert.AreEqual(2, inner.Calls);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(1));
        await next;
        next = client.GetResponseAsync("plain", options);                          // 90 of 100 came back
        await _time.AdvanceAsync(TimeSpan.FromSeconds(0.5));
        await next;
        Assert.AreEqual(4, inner.Calls);
    }

    [TestMethod]
    public async Task The_estimate_learns_what_the_server_counts()
    {
        var estimator = new TokenEstimator();
        ChatMessage[] messages = [new(ChatRole.User, new string('x', 693))];       // 198 + 7
        var first = estimator.Input(messages, null);
        Assert.AreEqual(205, first);
        for (var i = 0; i < 20; i++)
            estimator.Learn(messages, null, new() { InputTokenCount = 410, OutputTokenCount = 30 });
        Assert.AreEqual((410L, 30L, 20L), (estimator.Input(messages, null), estimator.Output(null, 1024), estimator.Output(new() { MaxOutputTokens = 20 }, 1024)));
        Assert.AreEqual(3, new TokenEstimator().Of("天气好"), 0.01);
        await Task.CompletedTask;
    }

    [TestMethod]
    public async Task A_refusal_with_retry_after_holds_all_calls_back()
    {
        var calls = 0;
        var inner = new FakeChatClient((_, _, _) => Interlocked.Increment(ref calls) == 1
            ? throw new TeacherException("slow down") { IsTransient = true, StatusCode = System.Net.HttpStatusCode.TooManyRequests, RetryAfter = TimeSpan.FromSeconds(30) }
            : Task.FromResult(FakeChatClient.Reply("a")));
        using var client = new RateLimitingChatClient(inner, 100_000, null, time: _time);
        await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"));
        var others = Enumerable.Range(0, 5).Select(i => client.GetResponseAsync($"{i}")).ToArray();
        await _time.AdvanceAsync(TimeSpan.FromSeconds(29));
        Assert.AreEqual(1, calls);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(2));
        await Task.WhenAll(others);
    }

    [TestMethod]
    public async Task A_cancelled_caller_does_not_stop_the_others()
    {
        var inner = new FakeChatClient((string t) => t);
        using var client = new RateLimitingChatClient(inner, 60, null, time: _time);
        await client.GetResponseAsync("first");
        using var cancel = new CancellationTokenSource();
        var cancelled = client.GetResponseAsync("cancelled", cancellationToken: cancel.Token);
        var last = client.GetResponseAsync("last");
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.AreEqual("last", (await last).Text);
        Assert.AreEqual(2, inner.Calls);
    }
}
