using System.Diagnostics;

namespace ZephyrML.Teacher.Tests;

/// <summary>A run that is killed (SIGKILL) again and again loses no answer that it received, and ends with the same bytes as one that nobody disturbed.</summary>
[TestClass]
public class KillTests
{
    [TestMethod]
    public async Task A_run_that_is_killed_again_and_again_asks_for_nothing_twice_and_ends_the_same()
    {
        const int Concurrency = 16;
        var (prompts, kills) = (Soak.Count(2000, 150), Soak.Count(20, 3));
        using var undisturbed = new TemporaryFolder();
        using var killed = new TemporaryFolder();
        using var calm = new FaultServer();
        await FinishAsync(Worker.Start("generate", calm.Address, undisturbed.Root, prompts, Concurrency));
        var keys = calm.Keys;
        Assert.AreEqual(keys, calm.Requests);

        using var server = new FaultServer { Latency = TimeSpan.FromMilliseconds(20) };
        var random = new SeedStream(11, "kills");
        for (var kill = 1; kill <= kills; kill++)
        {
            using var victim = Worker.Start("generate", server.Address, killed.Root, prompts, Concurrency);
            var until = (long)(keys * (kill - 0.5 + 0.9 * (random.NextDouble() - 0.5)) / (kills + 1));
            while (server.Requests < until && !victim.HasExited)
                await Task.Delay(1);
            await Task.Delay(random.Next(20));
            Assert.IsFalse(victim.HasExited, "it was to be killed in the middle");
            victim.Kill();
            await victim.WaitForExitAsync();
            Assert.IsFalse(File.Exists(killed["data.jsonl"]));
        }
        await FinishAsync(Worker.Start("generate", server.Address, killed.Root, prompts, Concurrency));
        Console.WriteLine($"{keys} keys, {server.Requests} requests after {kills} kills at concurrency {Concurrency}");
        Assert.AreEqual(keys, server.Keys);
        Assert.IsLessThanOrEqualTo(keys + kills * Concurrency, server.Requests);
        Assert.IsLessThanOrEqualTo(Concurrency, server.MostAtOnce);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(undisturbed["data.jsonl"]), await File.ReadAllBytesAsync(killed["data.jsonl"]));
    }

    [TestMethod]
    public async Task A_shared_ledger_holds_over_processes_and_kills()
    {
        const int Calls = 60, Concurrency = 4;                                     // a call takes 18 tokens: the estimate is 11 of prompt (3 + 4 + 14 bytes / 3.5) and 7 of answer, and so is the count
        using var folder = new TemporaryFolder();
        using var server = new FaultServer { Latency = TimeSpan.FromMilliseconds(10) };
        using (var victim = Worker.Start("spend", server.Address, folder.Root, Calls, Concurrency))
        {
            while (server.Requests < 10 && !victim.HasExited)
                await Task.Delay(1);
            victim.Kill();
            await victim.WaitForExitAsync();
        }
        var workers = Enumerable.Range(0, 2).Select(_ => Worker.Start("spend", server.Address, folder.Root, Calls, Concurrency)).ToList();
        await Task.WhenAll(workers.Select(FinishAsync));
        Console.WriteLine($"{server.Requests} requests for a budget of {Calls}");
        Assert.IsLessThanOrEqualTo(Calls, server.Requests);                        // what the killed one had under way counts as spent
        Assert.IsGreaterThanOrEqualTo(Calls - Concurrency - 1, server.Requests);
    }

    private static async Task<string> FinishAsync(Process worker)
    {
        using (worker)
        {
            var output = worker.StandardOutput.ReadToEndAsync();
            var error = await worker.StandardError.ReadToEndAsync();
            await worker.WaitForExitAsync();
            Assert.AreEqual(0, worker.ExitCode, error);
            return await output;
        }
    }
}
