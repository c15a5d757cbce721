using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class CompositionTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    [TestMethod]
    public async Task Bounds_concurrency_but_not_for_answers_from_the_cache()
    {
        var gate = new TaskCompletionSource();
        var inner = new FakeChatClient(async (m, _, _) =>
        {
            if (m[0].Text == "slow")
                await gate.Task;
            else
                await Task.Delay(5);
            return FakeChatClient.Reply("a");
        });
        using var client = TeacherClient.Create(inner, new() { Name = "t", Cache = _folder["c.db"], MaxConcurrency = 3 });
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => client.GetResponseAsync($"{i}")));
        Assert.AreEqual(3, inner.MostAtOnce);
        var slow = Enumerable.Range(0, 3).Select(i => client.GetResponseAsync([new(ChatRole.User, "slow")], new ChatOptions().WithSample(i))).ToArray();
        var waiting = client.GetResponseAsync("new");
        Assert.AreEqual("a", (await client.GetResponseAsync("7")).Text);
        Assert.IsFalse(waiting.IsCompleted);
        gate.SetResult();
        await Task.WhenAll([.. slow, waiting]);
    }

    [TestMethod]
    public async Task Retries_what_may_pass_and_honours_retry_after()
    {
        var answers = new Queue<(int Status, string? RetryAfter)>([(429, "1"), (500, null), (200, null)]);
        using var server = new LoopbackServer(async (_, context, _) =>
        {
            var (status, after) = answers.Dequeue();
            if (after is not null)
                context.Response.AddHeader("Retry-After", after);
            await LoopbackServer.SendAsync(context, status, status == 200 ? LoopbackServer.Answer("fine") : "busy");
        });
        var options = new RetryOptions { Delay = TimeSpan.FromMilliseconds(1) };
        using var client = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m"), new() { Cache = _folder["c.db"], Retry = options });
        var start = DateTime.UtcNow;
        Assert.AreEqual("fine", (await client.GetResponseAsync("x")).Text);
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.95), DateTime.UtcNow - start);
        Assert.AreEqual(3, server.Requests);
        Assert.AreEqual(1, client.GetService<ResponseCacheStatistics>()!.Paid);
    }

    [TestMethod]
    public async Task Gives_up_after_the_last_retry_and_at_once_where_it_is_useless()
    {
        foreach (var (error, retries, expected) in (IEnumerable<(Exception, int, int)>)[
            (new TeacherException("busy") { IsTransient = true }, 2, 3),
            (new TeacherException("wrong key"), 2, 1),
            (new TeacherException("tomorrow") { IsTransient = true, RetryAfter = TimeSpan.FromDays(1) }, 2, 1),
            (new HttpRequestException("gone"), 1, 2),
            (new InvalidOperationException("a bug"), 2, 1)])
        {
            var inner = new FakeChatClient((m, _, _) => Task.FromException<ChatResponse>(error));
            using var client = inner.WithRetry(new() { MaxRetries = retries, Delay = TimeSpan.FromMilliseconds(1) });
            Assert.AreSame(error, await Assert.ThrowsAsync<Exception>(() => client.GetResponseAsync("x")));
            Assert.AreEqual(expected, inner.Calls);
            await Assert.ThrowsAsync<Exception>(async () => await client.GetStreamingResponseAsync("x").ToListAsync());
            Assert.AreEqual(2 * expected, inner.Calls);
        }
    }

    [TestMethod]
    public async Task A_stream_is_tried_again_only_before_its_first_piece()
    {
        var calls = 0;
        using var server = new LoopbackServer(async (_, context, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                await LoopbackServer.SendAsync(context, 503, "busy");
            else
                await LoopbackServer.StreamAsync(context, "data: {\"choices\":[{\"delta\":{\"content\":\"Su\"}}]}\n\n");
        });
        using var client = TeacherClient.OpenAI(server.Address, "m").WithRetry(new() { Delay = TimeSpan.FromMilliseconds(1) });
        await Assert.ThrowsExactlyAsync<TeacherException>(async () => await client.GetStreamingResponseAsync("x").ToListAsync());
        Assert.AreEqual(2, calls);
    }

    [TestMethod]
    public async Task Cancelling_ends_the_wait_for_a_retry()
    {
        using var client = new FakeChatClient((m, _, _) => Task.FromException<ChatResponse>(new TeacherException("busy") { IsTransient = true })).WithRetry(new() { Delay = TimeSpan.FromMinutes(1) });
        using var cancel = new CancellationTokenSource(30);
        await Assert.ThrowsAsync<OperationCanceledException>(() => client.GetResponseAsync("x", cancellationToken: cancel.Token));
    }
}
