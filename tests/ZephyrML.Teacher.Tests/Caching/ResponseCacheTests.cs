using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class ResponseCacheTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    private static ResponseCacheStatistics Statistics(IChatClient client) => client.GetService<ResponseCacheStatistics>()!;

    [TestMethod]
    public async Task Pays_once_and_replays_after_a_restart()
    {
        var inner = new FakeChatClient((m, _, _) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "Sunny"))
        {
            FinishReason = ChatFinishReason.Length, ModelId = "m1", ResponseId = "r", Usage = new() { InputTokenCount = 3, OutputTokenCount = 4 }, RawRepresentation = new object(),
            AdditionalProperties = new() { ["raw"] = new MemoryStream() },
        }));
        for (var run = 0; run < 3; run++)
        {
            using var client = inner.WithResponseCache(_folder["sub/teacher.db"], "gpt");
            var response = await client.GetResponseAsync("Weather?");
            Assert.AreEqual("Sunny", response.Text);
            Assert.AreEqual(ChatFinishReason.Length, response.FinishReason);
            Assert.AreEqual(("m1", "r", 3L, 4L), (response.ModelId, response.ResponseId, response.Usage!.InputTokenCount!.Value, response.Usage.OutputTokenCount!.Value));
            Assert.AreEqual((run == 0 ? 1 : 0, run == 0 ? 0 : 1, 0L), ((int)Statistics(client).Paid, (int)Statistics(client).Hits, Statistics(client).Failed));
        }
        Assert.AreEqual(1, inner.Calls);
    }

    [TestMethod]
    public async Task Everything_that_shapes_an_answer_is_in_the_key()
    {
        var inner = new FakeChatClient((string text) => "a");
        using var client = inner.WithResponseCache(_folder["c.db"], "t");
        ChatOptions?[] different =
        [
            null, new(), new() { Temperature = 0 }, new() { Temperature = 0.1f }, new() { TopP = 0.5f }, new() { TopK = 3 }, new() { MaxOutputTokens = 5 }, new() { StopSequences = ["a"] },
            new() { StopSequences = ["a", "b"] }, new() { StopSequences = ["b", "a"] }, new() { Seed = 1 }, new() { ResponseFormat = ChatResponseFormat.Json }, new() { PresencePenalty = 1 },
            new() { FrequencyPenalty = 1 }, new() { Instructions = "i" }, new() { ModelId = "other" }, new() { AdditionalProperties = new() { ["min_p"] = 0.1 } },
            new() { AdditionalProperties = new() { ["min_p"] = 0.2 } }, new ChatOptions().WithSample(1), new ChatOptions().WithSample(2), new ChatOptions { Temperature = 0 }.WithSample(1),
        ];
        for (var round = 0; round < 2; round++)
        {
            foreach (var options in different.Skip(1))
                await client.GetResponseAsync("x", options);
        }
        Assert.AreEqual(different.Length - 1, inner.Calls);
        await client.GetResponseAsync([new(ChatRole.System, "x")], different[1]);
        await client.GetResponseAsync([new(ChatRole.User, "x"), new(ChatRole.User, "")], different[1]);
        Assert.AreEqual(different.Length + 1, inner.Calls);
        using var other = inner.WithResponseCache(_folder["c.db"], "u");
        await other.GetResponseAsync("x", different[1]);
        Assert.AreEqual(different.Length + 2, inner.Calls);
        Assert.IsTrue(inner.Options.TrueForAll(o => o?.AdditionalProperties?.ContainsKey("zephyr.sample") != true), "the ordinal does not reach the client");
    }

    [TestMethod]
    public async Task Order_of_additional_properties_does_not_matter()
    {
        var inner = new FakeChatClient((string text) => "a");
        using var client = inner.WithResponseCache(_folder["c.db"], "t");
        await client.GetResponseAsync("x", new() { AdditionalProperties = new() { ["a"] = 1, ["b"] = new Dictionary<string, object?> { ["c"] = 2, ["d"] = 3 } } });
        await client.GetResponseAsync("x", new() { AdditionalProperties = new() { ["b"] = new Dictionary<string, object?> { ["d"] = 3, ["c"] = 2 }, ["a"] = 1 } });
        Assert.AreEqual(1, inner.Calls);
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync("x", new() { RawRepresentationFactory = _ => null }));
    }

    [TestMethod]
    public async Task A_client_that_nobody_can_name_is_refused()
    {
        var nameless = new FakeChatClient((string t) => t);
        var e = Assert.ThrowsExactly<ArgumentException>(() => nameless.WithResponseCache(_folder["c.db"]));
        StringAssert.Contains(e.Message, "name");
        Assert.ThrowsExactly<ArgumentException>(() => TeacherClient.Create(nameless, new() { Cache = _folder["c.db"] }));
        using var named = new FakeChatClient((m, _, _) => Task.FromResult(FakeChatClient.Reply("a")), new("provider", new("http://secret-host/"), "model")).WithResponseCache(_folder["c.db"]);
        await named.GetResponseAsync("x");
    }

    [TestMethod]
    public async Task One_hundred_callers_pay_once()
    {
        var inner = new FakeChatClient(async (m, _, _) =>
        {
            await Task.Delay(50);
            return FakeChatClient.Reply("a " + m[0].Text);
        });
        using var client = inner.WithResponseCache(_folder["c.db"], "t");
        using var second = inner.WithResponseCache(_folder["c.db"], "t");
        var texts = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
            i % 3 == 0 ? (await (i % 2 == 0 ? client : second).GetStreamingResponseAsync("x").ToChatResponseAsync()).Text : (await (i % 2 == 0 ? client : second).GetResponseAsync("x")).Text));
        Assert.IsTrue(texts.All(t => t == "a x"));
        Assert.AreEqual(1, inner.Calls);
        Assert.AreEqual((1L, 99L), (Statistics(client).Paid + Statistics(second).Paid, Statistics(client).Hits + Statistics(second).Hits));
    }

    [TestMethod]
    public async Task Streams_and_whole_answers_share_the_cache()
    {
        var inner = new FakeChatClient((string t) => "one two three");
        using var client = inner.WithResponseCache(_folder["c.db"], "t");
        var updates = new List<string>();
        await foreach (var update in client.GetStreamingResponseAsync("x"))
            updates.Add(update.Text);
        CollectionAssert.AreEqual((string[])["one", " two", " three", ""], updates);
        Assert.AreEqual("one two three", (await client.GetResponseAsync("x")).Text);
        Assert.AreEqual("one two three", (await client.GetStreamingResponseAsync("x").ToChatResponseAsync()).Text);
        Assert.AreEqual(1, inner.Calls);
    }

    [TestMethod]
    public async Task A_stream_that_is_left_or_fails_is_not_stored()
    {
        var inner = new FakeChatClient((string t) => "one two three");
        using var client = inner.WithResponseCache(_folder["c.db"], "t");
        await foreach (var _ in client.GetStreamingResponseAsync("x"))
            break;
        Assert.AreEqual((0L, 1L), (Statistics(client).Paid, Statistics(client).Failed));
        await client.GetResponseAsync("x");
        Assert.AreEqual(2, inner.Calls);
    }

    [TestMethod]
    public async Task Failures_are_not_stored_and_each_waiting_caller_asks_for_itself()
    {
        var calls = 0;
        var inner = new FakeChatClient(async (m, _, _) =>
        {
            await Task.Delay(20);
            return Interlocked.Increment(ref calls) <= 2 ? throw new TeacherException("no") : FakeChatClient.Reply("yes");
        });
        using var client = inner.WithResponseCache(_folder["c.db"], "t");
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                return (await client.GetResponseAsync("x")).Text;
            }
            catch (TeacherException e)
            {
                return e.Message;
            }
        }));
        Assert.AreEqual((2, 8), (results.Count(r => r == "no"), results.Count(r => r == "yes")));
        Assert.AreEqual(3, inner.Calls);
    }

    [TestMethod]
    public async Task When_the_asking_caller_is_cancelled_a_waiting_one_takes_over()
    {
        var calls = 0;
        var inner = new FakeChatClient(async (m, _, ct) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                await Task.Delay(Timeout.Infinite, ct);
            return FakeChatClient.Reply("yes");
        });
        using var client = inner.WithResponseCache(_folder["c.db"], "t");
        using var cancel = new CancellationTokenSource();
        var first = client.GetResponseAsync("x", cancellationToken: cancel.Token);
        var second = client.GetResponseAsync("x");
        using var impatient = new CancellationTokenSource(20);
        await Assert.ThrowsAsync<OperationCanceledException>(() => client.GetResponseAsync("x", cancellationToken: impatient.Token));
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => first);
        Assert.AreEqual("yes", (await second).Text);
        Assert.AreEqual("yes", (await client.GetResponseAsync("x")).Text);
        Assert.AreEqual(2, inner.Calls);
    }

    [TestMethod]
    public async Task Replay_only_fails_loudly_on_a_miss()
    {
        var inner = new FakeChatClient((string t) => "a");
        Assert.ThrowsExactly<FileNotFoundException>(() => inner.WithResponseCache(_folder["c.db"], "t", CacheMode.ReplayOnly));
        using (var client = inner.WithResponseCache(_folder["c.db"], "t"))
            await client.GetResponseAsync("known");
        using var replay = TeacherClient.Create(inner, new() { Name = "t", Cache = _folder["c.db"], CacheMode = CacheMode.ReplayOnly });
        Assert.AreEqual("a", (await replay.GetResponseAsync("known")).Text);
        var e = await Assert.ThrowsExactlyAsync<CacheMissException>(() => replay.GetResponseAsync("unknown"));
        StringAssert.Contains(e.Message, "'t'");
        Assert.AreEqual(1, inner.Calls);
    }

    [TestMethod]
    public void A_file_that_is_no_cache_is_refused_and_left_alone()
    {
        File.WriteAllText(_folder["text.db"], new string('x', 5000));
        Assert.Throws<IOException>(() => new FakeChatClient((string t) => t).WithResponseCache(_folder["text.db"], "t"));
        Assert.AreEqual(new string('x', 5000), File.ReadAllText(_folder["text.db"]));
        using (var connection = new SqliteConnection($"Data Source={_folder["other.db"]};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE t(x); INSERT INTO t VALUES (1)";
            command.ExecuteNonQuery();
        }
        var e = Assert.Throws<IOException>(() => new FakeChatClient((string t) => t).WithResponseCache(_folder["other.db"], "t"));
        StringAssert.Contains(e.Message, "no response cache");
    }

    [TestMethod]
    public async Task Keys_and_endpoints_are_not_in_the_file()
    {
        using var server = LoopbackServer.Echo();
        using (var client = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m", () => "sk-planted-secret"), new() { Name = "t", Cache = _folder["c.db"] }))
            await client.GetResponseAsync("hello", new() { AdditionalProperties = new() { ["api_token"] = "planted-too" } });
        Assert.AreEqual(1, server.Requests);
        foreach (var file in Directory.GetFiles(_folder.Root))
        {
            var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            Assert.IsFalse(text.Contains("planted", StringComparison.Ordinal), file);
            Assert.IsFalse(text.Contains("127.0.0.1", StringComparison.Ordinal) || text.Contains($":{server.Address.Port}", StringComparison.Ordinal), file);
        }
    }

    [TestMethod]
    public async Task An_answer_that_comes_after_the_client_was_disposed_of_is_stored()
    {
        var gate = new TaskCompletionSource();
        var inner = new FakeChatClient(async (m, _, _) =>
        {
            await gate.Task;
            return FakeChatClient.Reply("late");
        });
        var client = inner.WithResponseCache(_folder["c.db"], "t");
        var call = client.GetResponseAsync("x");
        client.Dispose();
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => client.GetResponseAsync("y"));
        gate.SetResult();
        Assert.AreEqual("late", (await call).Text);
        using var again = inner.WithResponseCache(_folder["c.db"], "t");
        Assert.AreEqual("late", (await again.GetResponseAsync("x")).Text);
        Assert.AreEqual(1, inner.Calls);
    }

    [TestMethod]
    public async Task Leases_of_another_owner_are_waited_for_and_those_of_a_dead_one_are_not()
    {
        var key = new byte[32];
        using var store = ResponseStore.Acquire(_folder["c.db"]);
        void Lease(string owner)
        {
            using var connection = new SqliteConnection($"Data Source={_folder["c.db"]};Pooling=false");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT OR REPLACE INTO leases(key, owner, until) VALUES ($key, $owner, $until)";
            command.Parameters.AddWithValue("$key", key);
            command.Parameters.AddWithValue("$owner", owner);
            command.Parameters.AddWithValue("$until", DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
            command.ExecuteNonQuery();
        }
        Lease(CacheOwner.New());
        Assert.AreEqual((null, false), await store.TryLeaseAsync(key));
        var parts = CacheOwner.New().Split(':');
        Lease($"{parts[0]}:{parts[1]}:{long.Parse(parts[2]) - 1000}:{parts[3]}");                     // the same process id, another start
        Assert.AreEqual((null, true), await store.TryLeaseAsync(key));
        await store.StoreAsync(new(key, "t", null, 0, "", null, null, "{}"));
        Assert.AreEqual(("{}", false), await store.TryLeaseAsync(key));
        Lease("another-machine:1:1:x");
        Assert.IsTrue(CacheOwner.MayBeAlive("another-machine:1:1:x") && CacheOwner.MayBeAlive("nonsense"));
    }

    [TestMethod]
    public void Many_may_make_the_file_at_the_same_moment()
    {
        for (var round = 0; round < 20; round++)
        {
            using var start = new Barrier(4);
            var threads = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                using var store = new ResponseStore(_folder[$"{round}.db"]);
                return store.Find(new byte[32]);
            }, TaskCreationOptions.LongRunning)).ToArray();
            Task.WaitAll(threads);
        }
    }

    [TestMethod]
    public async Task Two_processes_on_one_cache_pay_once()
    {
        using var server = LoopbackServer.Echo(TimeSpan.FromMilliseconds(30));
        using var first = Worker.Start("ask", server.Address, _folder.Root, prompts: 60, concurrency: 8);
        using var second = Worker.Start("ask", server.Address, _folder.Root, prompts: 60, concurrency: 8);
        var outputs = await Task.WhenAll(first.StandardOutput.ReadToEndAsync(), second.StandardOutput.ReadToEndAsync());
        await Task.WhenAll(first.WaitForExitAsync(), second.WaitForExitAsync());
        Assert.AreEqual((0, 0), (first.ExitCode, second.ExitCode), await first.StandardError.ReadToEndAsync() + await second.StandardError.ReadToEndAsync());
        Assert.AreEqual(string.Concat(Enumerable.Range(0, 60).Select(i => $"answer to prompt {i}{Environment.NewLine}")), outputs[0]);
        Assert.AreEqual(outputs[0], outputs[1]);
        Assert.AreEqual(60, server.Requests);
    }

    [TestMethod]
    public async Task A_killed_process_loses_nothing_that_it_received()
    {
        const int Prompts = 150, Concurrency = 6, Kills = 3;
        using var server = LoopbackServer.Echo(TimeSpan.FromMilliseconds(20));
        for (var kill = 1; kill <= Kills; kill++)
        {
            using var victim = Worker.Start("ask", server.Address, _folder.Root, Prompts, Concurrency);
            while (server.Requests < kill * 30 && !victim.HasExited)
                await Task.Delay(1);
            victim.Kill();
            await victim.WaitForExitAsync();
        }
        using var last = Worker.Start("ask", server.Address, _folder.Root, Prompts, Concurrency);
        var output = await last.StandardOutput.ReadToEndAsync();
        await last.WaitForExitAsync();
        Assert.AreEqual(string.Concat(Enumerable.Range(0, Prompts).Select(i => $"answer to prompt {i}{Environment.NewLine}")), output);
        Assert.IsLessThanOrEqualTo(Prompts + Kills * Concurrency, server.Requests);
        Assert.IsGreaterThanOrEqualTo(Prompts, server.Requests);
    }
}
