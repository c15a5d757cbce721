using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>The examples of docs/teacher.md, as they stand there but for addresses and paths.</summary>
[TestClass]
public class DocumentationTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    [TestMethod]
    public async Task Clients_composition_dry_run_and_transfer()
    {
        using var server = new FaultServer();
        using IChatClient gpt = TeacherClient.OpenAI(server.Address, "gpt-4.1", apiKey: () => Environment.GetEnvironmentVariable("OPENAI_API_KEY"));
        using IChatClient azure = TeacherClient.AzureOpenAI(new Uri(server.Address, "/"), "my-deployment", apiKey: () => Environment.GetEnvironmentVariable("AZURE_OPENAI_KEY"));
        using IChatClient vllm = TeacherClient.OpenAI(new Uri(server.Address, "/"), "mistral-7b");
        IChatClient teacher = TeacherClient.Create(gpt, new()
        {
            Name = "gpt-4.1", Cache = _folder["teacher.db"], MaxConcurrency = 16, RequestsPerMinute = 500, TokensPerMinute = 200_000,
            Budget = new() { MaxCost = 20m, CostPer1MInput = 2m, CostPer1MOutput = 8m, Ledger = _folder["spent.db"] },
        });
        foreach (var client in (IChatClient[])[azure, vllm, teacher])
            Assert.AreEqual("answer to x", (await client.GetResponseAsync("x")).Text);

        string[] prompts = ["x", "y", "z"];
        CostEstimate estimate = teacher.DryRun(prompts, new() { MaxOutputTokens = 512 });
        Console.WriteLine($"{estimate.Paid} of {estimate.Calls} calls to pay, about {estimate.Cost:F2}, at most {estimate.MostCost:F2}; {estimate.Left:F2} left");
        Assert.AreEqual((3L, 3L, 20m - (11 * 2 + 7 * 8) / 1_000_000m), (estimate.Paid, estimate.Calls, estimate.Left!.Value), "other options are another question");
        Assert.AreEqual(1L, teacher.DryRun(prompts).Cached);
        teacher.Dispose();

        ResponseCache.Export(_folder["teacher.db"], _folder["teacher.jsonl.gz"]);
        CacheImport result = ResponseCache.Import(_folder["other.db"], _folder["teacher.jsonl.gz"]);
        Assert.AreEqual(new CacheImport(1, 0), result);
    }

    [TestMethod]
    public async Task Several_servers_of_one_model()
    {
        using var first = new FaultServer();
        using var second = new FaultServer();
        Uri[] hosts = [first.Address, second.Address];
        var pool = new ReplicaPool(hosts.Select(h => TeacherClient.OpenAI(h, "mistral-7b")));
        using IChatClient cluster = TeacherClient.Create(pool, new() { Name = "mistral-7b", Cache = _folder["teacher.db"], MaxConcurrency = 256 });
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => cluster.GetResponseAsync($"{i}")));
        Assert.AreEqual((40, 40L), (first.Requests + second.Requests, pool.Replicas.Sum(r => r.Answered)));
        Assert.IsGreaterThan(5, Math.Min(first.Requests, second.Requests));
    }
}
