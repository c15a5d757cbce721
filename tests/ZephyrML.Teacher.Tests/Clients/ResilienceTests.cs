using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class ResilienceTests
{
    private readonly ManualTime _time = new();

    [TestMethod]
    public async Task An_outage_makes_calls_wait_and_one_at_a_time_try()
    {
        var (down, tries) = (true, 0);
        var inner = new FakeChatClient((_, _, _) =>
        {
            Interlocked.Increment(ref tries);
            return down ? throw new TeacherException("down") { IsTransient = true } : Task.FromResult(FakeChatClient.Reply("up"));
        });
        using var client = new CircuitBreakingChatClient(inner, new() { MinimumCalls = 4, Break = TimeSpan.FromSeconds(5), MaxWait = TimeSpan.FromSeconds(60) }, _time);
        for (var i = 0; i < 4; i++)
            await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"));
        var waiting = Enumerable.Range(0, 20).Select(i => client.GetResponseAsync($"{i}")).ToArray();
        await _time.AdvanceAsync(TimeSpan.FromSeconds(4));
        Assert.AreEqual(4, tries, "nobody asks a server that is down");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.AreEqual(5, tries, "one tries");
        Assert.AreEqual(1, waiting.Count(w => w.IsFaulted));
        down = false;
        await _time.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.AreEqual(19, waiting.Count(w => w.IsCompletedSuccessfully));
        Assert.AreEqual("up", (await client.GetStreamingResponseAsync("x").ToChatResponseAsync()).Text);
        foreach (var w in waiting.Where(w => w.IsFaulted))
            StringAssert.Contains((await Assert.ThrowsExactlyAsync<TeacherException>(() => w)).Message, "down");
    }

    [TestMethod]
    public async Task A_server_that_stays_down_is_given_up()
    {
        var inner = new FakeChatClient((_, _, _) => throw new HttpRequestException("no such host"));
        using var client = new CircuitBreakingChatClient(inner, new() { MinimumCalls = 2, Break = TimeSpan.FromSeconds(1), MaxWait = TimeSpan.FromSeconds(3) }, _time);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsExactlyAsync<HttpRequestException>(() => client.GetResponseAsync("x"));
        var waiting = Enumerable.Range(0, 5).Select(_ => client.GetResponseAsync("x")).ToArray();
        await _time.AdvanceAsync(TimeSpan.FromSeconds(20));
        var failures = waiting.Select(w => w.Exception!.InnerException!).ToList();
        Assert.IsTrue(failures.Exists(f => f is TeacherException { IsTransient: false } && f.Message.Contains("has been failing for 00:00:03", StringComparison.Ordinal) && f.Message.Contains("no such host", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Refusals_for_too_many_requests_and_faults_of_ours_do_not_open_the_circuit()
    {
        foreach (var failure in (Exception[])[new TeacherException("429") { IsTransient = true, StatusCode = System.Net.HttpStatusCode.TooManyRequests }, new TeacherException("400"), new InvalidOperationException("bug")])
        {
            var inner = new FakeChatClient((_, _, _) => throw failure);
            using var client = new CircuitBreakingChatClient(inner, new() { MinimumCalls = 2 }, _time);
            for (var i = 0; i < 20; i++)
                await Assert.ThrowsAsync<Exception>(() => client.GetResponseAsync("x"));
            Assert.AreEqual(20, inner.Calls);
        }
    }

    [TestMethod]
    public async Task A_call_and_each_piece_of_a_stream_have_their_time()
    {
        var inner = new FakeChatClient(async (_, _, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return FakeChatClient.Reply("never");
        });
        using var client = new AttemptTimeoutChatClient(inner, TimeSpan.FromSeconds(10), _time);
        var call = client.GetResponseAsync("x");
        var stream = client.GetStreamingResponseAsync("x").ToListAsync().AsTask();
        await _time.AdvanceAsync(TimeSpan.FromSeconds(9));
        Assert.IsFalse(call.IsCompleted || stream.IsCompleted);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(2));
        foreach (var task in (Task[])[call, stream])
        {
            var e = await Assert.ThrowsExactlyAsync<TeacherException>(() => task);
            Assert.IsTrue(e.IsTransient);
            StringAssert.Contains(e.Message, "00:00:10");
        }
        using var cancel = new CancellationTokenSource();
        call = client.GetResponseAsync("x", cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => call);

        // six seconds a piece, five pieces: a slow reader and a long answer are no fault
        using var slow = new AttemptTimeoutChatClient(new PieceClient(5, () => Task.Delay(TimeSpan.FromSeconds(6), _time)), TimeSpan.FromSeconds(10), _time);
        stream = ReadSlowlyAsync();
        await _time.AdvanceAsync(TimeSpan.FromSeconds(200));
        Assert.HasCount(5, await stream);

        async Task<List<ChatResponseUpdate>> ReadSlowlyAsync()
        {
            var updates = new List<ChatResponseUpdate>();
            await foreach (var update in slow.GetStreamingResponseAsync("x"))
            {
                await Task.Delay(TimeSpan.FromSeconds(20), _time);
                updates.Add(update);
            }
            return updates;
        }
    }

    [TestMethod]
    public async Task The_total_time_covers_retries_and_not_the_wait_for_a_slot()
    {
        var inner = new FakeChatClient(async (m, _, ct) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(8), _time, ct);
            return m[^1].Text == "bad" ? throw new TeacherException("busy") { IsTransient = true } : FakeChatClient.Reply("a");
        });
        using var client = new TotalTimeoutChatClient(
            new RetryingChatClient(inner.WithMaxConcurrency(1), new() { MaxRetries = 100, Delay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero }, _time), TimeSpan.FromSeconds(20), _time);
        var queue = Enumerable.Range(0, 10).Select(i => client.GetResponseAsync($"{i}")).ToArray();                                // the last waits for 72 s
        var stream = client.GetStreamingResponseAsync("s").ToChatResponseAsync();
        await _time.AdvanceAsync(TimeSpan.FromSeconds(100));
        Assert.IsTrue(queue.All(q => q.IsCompletedSuccessfully) && stream.IsCompletedSuccessfully);
        var bad = client.GetResponseAsync("bad");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(19));
        Assert.IsFalse(bad.IsCompleted);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(2));
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<TeacherException>(() => bad)).Message, "TotalTimeout");
    }

    [TestMethod]
    public async Task Retry_after_in_seconds_as_a_date_and_in_milliseconds()
    {
        var after = new Queue<(string Name, string Value)>([("Retry-After", "7"), ("Retry-After", DateTime.UtcNow.AddSeconds(30).ToString("R")), ("Retry-After", DateTime.UtcNow.AddSeconds(-30).ToString("R")), ("retry-after-ms", "1500"), ("Retry-After", "soon")]);
        using var server = new LoopbackServer(async (_, context, _) =>
        {
            var (name, value) = after.Dequeue();
            context.Response.AddHeader(name, value);
            await LoopbackServer.SendAsync(context, 429, "busy");
        });
        using var client = TeacherClient.OpenAI(server.Address, "m");
        var asked = new List<double?>();
        while (after.Count > 0)
            asked.Add((await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"))).RetryAfter?.TotalSeconds);
        Assert.AreEqual(7, asked[0]);
        Assert.AreEqual(30, asked[1]!.Value, 2);
        Assert.AreEqual((0, 1.5, null), (asked[2], asked[3], asked[4]));
    }

    [TestMethod]
    public async Task A_retry_waits_as_long_as_the_server_asks_and_a_bit_longer()
    {
        var inner = new FakeChatClient((_, _, _) => throw new TeacherException("busy") { IsTransient = true, RetryAfter = TimeSpan.FromSeconds(40) });
        using var client = new RetryingChatClient(inner, new() { MaxRetries = 2 }, _time);
        var call = client.GetResponseAsync("x");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(39.9));
        Assert.AreEqual(1, inner.Calls);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(0.3));
        Assert.AreEqual(2, inner.Calls);
        await _time.AdvanceAsync(TimeSpan.FromSeconds(41));
        Assert.AreEqual(3, inner.Calls);
        await Assert.ThrowsExactlyAsync<TeacherException>(() => call);
    }

    [TestMethod]
    public async Task Failures_of_other_clients_are_understood_by_their_status()
    {
        foreach (var (status, calls) in (IEnumerable<(int, int)>)[(429, 3), (503, 3), (0, 3), (400, 1), (401, 1)])
        {
            var inner = new FakeChatClient((_, _, _) => throw new SdkException(status));
            using var client = inner.WithRetry(new() { MaxRetries = 2, Delay = TimeSpan.FromMilliseconds(1) });
            await Assert.ThrowsExactlyAsync<SdkException>(() => client.GetResponseAsync("x"));
            Assert.AreEqual(calls, inner.Calls, $"{status}");
        }
    }

    [TestMethod]
    public async Task A_client_that_asks_twice_for_one_answer_does_not_wait_for_itself()
    {
        using var folder = new TemporaryFolder();
        var inner = new FakeChatClient((string t) => t);
        using var client = new TwiceClient(inner.WithMaxConcurrency(1)).WithResponseCache(folder["c.db"], "twice");
        Assert.AreEqual("x x", (await client.GetResponseAsync("x").WaitAsync(TimeSpan.FromSeconds(20))).Text);
        Assert.AreEqual("y y y", (await client.GetResponseAsync("y", new() { Seed = 1 }).WaitAsync(TimeSpan.FromSeconds(20))).Text);
        Assert.AreEqual(5, inner.Calls);
    }

    /// <summary>As System.ClientModel's ClientResultException has it.</summary>
    private sealed class SdkException(int status) : Exception($"Service request failed. Status: {status}")
    {
        public int Status => status;
    }

    private sealed class TwiceClient(IChatClient client) : DelegatingChatClient(client)
    {
        public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var list = messages.ToList();
            if (options?.Seed is not null)
                return FakeChatClient.Reply(string.Join(' ', (await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => base.GetResponseAsync(list, options, cancellationToken)))).Select(r => r.Text)));
            var first = await base.GetResponseAsync(list, options, cancellationToken);
            return FakeChatClient.Reply(first.Text + " " + (await base.GetResponseAsync(list, options, cancellationToken)).Text);
        }
    }

    private sealed class PieceClient(int pieces, Func<Task> before) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < pieces; i++)
            {
                await before();
                cancellationToken.ThrowIfCancellationRequested();
                yield return new(ChatRole.Assistant, "x");
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }
}
