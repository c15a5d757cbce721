using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace ZephyrML.Teacher.Tests;

/// <summary>Self-instruct in a process that is killed (SIGKILL) again and again, against a real server: the file ends with the same bytes, and nothing received is asked for twice.</summary>
[TestClass]
public class SelfInstructKillTests
{
    [TestMethod]
    public async Task Growing_dialogues_is_continued_byte_for_byte()
    {
        const int Concurrency = 8;
        var (dialogues, kills) = (Soak.Count(400, 60), Soak.Count(20, 2));
        using var undisturbed = new TemporaryFolder();
        using var killed = new TemporaryFolder();
        using var calm = new FaultServer { Answer = Answer };
        var counts = await FinishAsync(Worker.Start("grow", calm.Address, undisturbed.Root, dialogues, Concurrency));
        var expected = await File.ReadAllBytesAsync(undisturbed["grown.jsonl"]);
        Assert.AreEqual(dialogues, expected.Count(b => b == '\n'));
        StringAssert.Contains(counts, $"{DropReason.TooShort}");

        using var server = new FaultServer { Answer = Answer, Latency = TimeSpan.FromMilliseconds(10) };
        var random = new SeedStream(3, "kills");
        for (var kill = 1; kill <= kills; kill++)
        {
            using var victim = Worker.Start("grow", server.Address, killed.Root, dialogues, Concurrency);
            var until = calm.Requests * kill / (kills + 1);
            while (server.Requests < until && !victim.HasExited)
                await Task.Delay(1);
            await Task.Delay(random.Next(20));
            Assert.IsFalse(victim.HasExited, "it was to be killed in the middle");
            victim.Kill();
            await victim.WaitForExitAsync();
        }
        Assert.AreEqual(counts, await FinishAsync(Worker.Start("grow", server.Address, killed.Root, dialogues, Concurrency)), "what was dropped is counted as if nothing had happened");
        Console.WriteLine($"{calm.Requests} requests undisturbed, {server.Requests} with {kills} kills at concurrency {Concurrency}");
        CollectionAssert.AreEqual(expected, await File.ReadAllBytesAsync(killed["grown.jsonl"]));
        // what one run had asked for ahead, another may have ahead too: steps under way when the target is reached are asked for and not needed
        Assert.IsLessThanOrEqualTo(calm.Keys + (kills + 1) * Concurrency + calm.Keys / 10, server.Requests);
    }

    private static string Answer(string prompt)
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(prompt))).ToLowerInvariant();
        if (RefinementPrompt.TryRead(prompt, out _, out _))
            return hash[0] is '0' or '1' ? "Too short" : $"Explain {hash[..5]} with {hash[5..10]} and {hash[10..15]} to {hash[15..20]}";
        return UserTurnPrompt.TryRead(prompt, out _) ? $"And what of {hash[..6]} then?" : $"Answer {hash[..8]}.";
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
