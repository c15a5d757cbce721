using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class ReplicaPoolTests
{
    private readonly ManualTime _time = new();

    private static IEnumerable<KeyValuePair<string, IChatClient>> Named(params IChatClient[] clients) => clients.Select((c, i) => KeyValuePair.Create($"r{i}", c));

    private static FakeChatClient Of(string name, Func<bool>? down = null, Exception? failure = null) => new(async (_, _, _) =>
    {
        await Task.Yield();
        return down?.Invoke() == true ? throw failure ?? new TeacherException($"{name} is down") { IsTransient = true } : FakeChatClient.Reply(name);
    }, new("openai", new($"http://{name}/"), "mistral"));

    [TestMethod]
    public async Task Calls_go_to_the_replica_with_the_fewest_and_in_turn()
    {
        var gates = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource()).ToArray();
        var replicas = gates.Select((gate, i) => new FakeChatClient(async (_, _, _) =>
        {
            await gate.Task;
            return FakeChatClient.Reply($"{i}");
        })).ToArray();
        using var pool = new ReplicaPool(replicas);
        var calls = Enumerable.Range(0, 6).Select(_ => pool.GetResponseAsync("x")).ToList();
        CollectionAssert.AreEqual((int[])[2, 2, 2], pool.Replicas.Select(r => r.UnderWay).ToArray());
        gates[1].SetResult();
        while (pool.Replicas[1].UnderWay > 0)
            await Task.Delay(1);
        calls.AddRange(Enumerable.Range(0, 4).Select(_ => pool.GetResponseAsync("x")));
        foreach (var gate in gates)
            gate.TrySetResult();
        await Task.WhenAll(calls);
        Assert.AreEqual((2, 6, 2), (replicas[0].Calls, replicas[1].Calls, replicas[2].Calls), "the one that is done at once got all the later ones");
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async i =>
        {
            await Task.Delay(5 * i);
            await pool.GetResponseAsync("x");
        }));
        Assert.IsTrue(replicas.All(r => r.Calls >= 8), "and equal ones take turns");
    }

    [TestMethod]
    public async Task A_failing_replica_is_taken_out_and_tried_again()
    {
        var down = true;
        var (good, bad) = (Of("good"), Of("bad", () => down));
        using var pool = new ReplicaPool(Named(bad, good), new() { MaxFailures = 2, ProbeAfter = TimeSpan.FromSeconds(10) }, _time);
        for (var i = 0; i < 20; i++)
            Assert.AreEqual("good", (await pool.GetResponseAsync("x")).Text, "its calls go to the other one");
        Assert.AreEqual((2, 20), (bad.Calls, good.Calls));
        var status = pool.Replicas[0];
        Assert.AreEqual(("r0", false, 0, 0L, 2L, "bad is down"), (status.Name, status.IsIn, status.UnderWay, status.Answered, status.Failed, status.LastFailure));
        await _time.AdvanceAsync(TimeSpan.FromSeconds(11));
        for (var i = 0; i < 5; i++)
            await pool.GetResponseAsync("x");
        Assert.AreEqual(3, bad.Calls, "one call tries");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(11));
        for (var i = 0; i < 5; i++)
            await pool.GetResponseAsync("x");
        Assert.AreEqual(3, bad.Calls, "it stays out for longer each time");
        await _time.AdvanceAsync(TimeSpan.FromSeconds(10));
        down = false;
        for (var i = 0; i < 10; i++)
            await pool.GetResponseAsync("x");
        Assert.IsTrue(pool.Replicas[0].IsIn);
        Assert.IsGreaterThanOrEqualTo(7, bad.Calls);
    }

    [TestMethod]
    public async Task Streams_move_to_another_replica_before_their_first_piece_only()
    {
        using var dead = new FaultServer { Outage = Fault.Error };
        using var half = new FaultServer { Outage = Fault.HalfBody };
        using var good = new FaultServer();
        using (var pool = new ReplicaPool([TeacherClient.OpenAI(dead.Address, "m"), TeacherClient.OpenAI(good.Address, "m")]))
        {
            for (var i = 0; i < 6; i++)
                Assert.AreEqual($"answer to {i}", (await pool.GetStreamingResponseAsync($"{i}").ToChatResponseAsync()).Text);
            Assert.AreEqual((3, 6), (dead.Requests, good.Requests));
            Assert.IsFalse(pool.Replicas[0].IsIn);
            Assert.AreEqual(0, pool.Replicas.Sum(r => r.UnderWay));
            await pool.GetStreamingResponseAsync("left").TakeToListAsync(1);
            Assert.AreEqual(0, pool.Replicas.Sum(r => r.UnderWay));
        }
        using var broken = new ReplicaPool([TeacherClient.OpenAI(half.Address, "m")]);
        await Assert.ThrowsExactlyAsync<TeacherException>(async () => await broken.GetStreamingResponseAsync("x").ToListAsync());
        Assert.AreEqual((1, 1L, 0), (half.Requests, broken.Replicas[0].Failed, broken.Replicas[0].UnderWay));
    }

    [TestMethod]
    public async Task A_busy_replica_comes_back_when_it_says_and_a_refused_request_is_no_failure_of_the_server()
    {
        var busy = true;
        var first = Of("first", () => busy, new TeacherException("429") { IsTransient = true, StatusCode = System.Net.HttpStatusCode.TooManyRequests, RetryAfter = TimeSpan.FromSeconds(3) });
        var second = Of("second");
        using var pool = new ReplicaPool(Named(first, second), null, _time);
        for (var i = 0; i < 6; i++)
            Assert.AreEqual("second", (await pool.GetResponseAsync("x")).Text);
        Assert.AreEqual(1, first.Calls);
        busy = false;
        await _time.AdvanceAsync(TimeSpan.FromSeconds(3.1));
        Assert.Contains("first", [(await pool.GetResponseAsync("x")).Text, (await pool.GetResponseAsync("x")).Text]);

        var wrong = Of("wrong", () => true, new TeacherException("400") { StatusCode = System.Net.HttpStatusCode.BadRequest });
        using var refusing = new ReplicaPool(Named(wrong, Of("other")), new() { MaxFailures = 1 });
        await Assert.ThrowsExactlyAsync<TeacherException>(() => refusing.GetResponseAsync("x"));
        Assert.IsTrue(refusing.Replicas.All(r => r.IsIn));
    }

    [TestMethod]
    public async Task If_all_are_out_the_failure_says_when_the_next_try_is()
    {
        using var pool = new ReplicaPool(Named(Of("a", () => true), Of("b", () => true)), new() { MaxFailures = 1, ProbeAfter = TimeSpan.FromSeconds(7) }, _time);
        await Assert.ThrowsExactlyAsync<TeacherException>(() => pool.GetResponseAsync("x"));
        var e = await Assert.ThrowsExactlyAsync<TeacherException>(() => pool.GetResponseAsync("x"));
        Assert.IsTrue(e.IsTransient);
        Assert.AreEqual(7, e.RetryAfter!.Value.TotalSeconds, 1);
        StringAssert.Contains(e.Message, "r0: a is down; r1: b is down");
    }

    [TestMethod]
    public async Task Bounds_the_calls_of_each_replica_and_wakes_those_that_wait()
    {
        var replicas = Enumerable.Range(0, 2).Select(_ => new FakeChatClient(async (_, _, ct) =>
        {
            await Task.Delay(5, ct);
            return FakeChatClient.Reply("a");
        })).ToArray();
        using var pool = new ReplicaPool(replicas, new() { MaxConcurrencyPerReplica = 3 });
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => pool.GetResponseAsync("x")));
        Assert.AreEqual((3, 3, 60), (replicas[0].MostAtOnce, replicas[1].MostAtOnce, replicas.Sum(r => r.Calls)));
        using var cancel = new CancellationTokenSource(20);
        var stuck = new FakeChatClient(async (_, _, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return FakeChatClient.Reply("");
        });
        using var one = new ReplicaPool([stuck], new() { MaxConcurrencyPerReplica = 1 });
        var calls = Enumerable.Range(0, 3).Select(_ => one.GetResponseAsync("x", cancellationToken: cancel.Token)).ToList();
        foreach (var call in calls)
            await Assert.ThrowsAsync<OperationCanceledException>(() => call);
        Assert.AreEqual((true, 0, 0L), (one.Replicas[0].IsIn, one.Replicas[0].UnderWay, one.Replicas[0].Failed));
    }

    [TestMethod]
    public async Task A_cluster_loses_a_server_in_the_middle_of_a_run_and_gets_it_back()
    {
        using var folder = new TemporaryFolder();
        var servers = Enumerable.Range(0, 3).Select(i => new FaultServer(faultRate: 0.05, seed: i) { Latency = TimeSpan.FromMilliseconds(5) }).ToArray();
        var pool = new ReplicaPool(servers.Select(s => TeacherClient.OpenAI(s.Address, "m")), new() { ProbeAfter = TimeSpan.FromMilliseconds(50) });
        using var teacher = TeacherClient.Create(pool, new() { Cache = folder["c.db"], MaxConcurrency = 24, Retry = new() { MaxRetries = 8, Delay = TimeSpan.FromMilliseconds(5) } });
        Assert.AreEqual("mistral", Of("x").GetService<ChatClientMetadata>()!.DefaultModelId);
        async Task RunAsync(int from, int count)
        {
            var answers = await Task.WhenAll(Enumerable.Range(from, count).Select(i => teacher.GetResponseAsync($"{i}")));
            CollectionAssert.AreEqual(Enumerable.Range(from, count).Select(i => $"answer to {i}").ToList(), answers.Select(a => a.Text).ToList());
        }
        await RunAsync(0, 150);
        var before = servers[1].Requests;
        Assert.IsGreaterThan(5, before, "it takes its part");
        servers[1].Outage = Fault.Reset;
        await RunAsync(150, 150);
        Assert.IsFalse(pool.Replicas[1].IsIn);
        Assert.IsLessThan(60, servers[1].Requests - before);
        servers[1].Outage = null;
        await Task.Delay(400);
        (before, _) = (servers[1].Answered, 0);
        for (var round = 0; round < 10 && !pool.Replicas[1].IsIn; round++)
        {
            await RunAsync(300 + 60 * round, 60);
            await Task.Delay(200);
        }
        await RunAsync(1000, 150);
        Assert.IsGreaterThan(before + 5, servers[1].Answered);
        Assert.AreEqual(0, pool.Replicas.Sum(r => r.UnderWay));
        foreach (var server in servers)
            server.Dispose();
    }

    [TestMethod]
    public void Names_its_model_where_all_agree_and_refuses_an_empty_pool()
    {
        using var same = new ReplicaPool([Of("a"), Of("b")]);
        Assert.AreEqual("mistral", same.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.IsNull(same.GetService<ChatClientMetadata>()!.ProviderUri);
        using var different = new ReplicaPool([Of("a"), new FakeChatClient((string t) => t)]);
        Assert.IsNull(different.GetService<ChatClientMetadata>());
        Assert.ThrowsExactly<ArgumentException>(() => new ReplicaPool(Array.Empty<IChatClient>()));
        Assert.ThrowsExactly<ArgumentException>(() => new ReplicaPool([Of("a")], new() { MaxFailures = 0 }));
    }
}
