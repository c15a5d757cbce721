using System.Diagnostics;

namespace ZephyrML.Training.Tests;

/// <summary>Training in a process of its own that is killed, and started again in the same folder.</summary>
[TestClass]
public class KillTests
{
    public required TestContext TestContext { get; set; }

    private static int Kills => Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1" ? 20 : 3;

    [TestMethod]
    [DataRow("dSFT")]
    [DataRow("dDPO")]
    public void KilledAtRandomMomentsAndRestartedItEndsInTheSameBits(string stage)
    {
        using var folder = new TemporaryFolder();
        // Enough steps that the run outlives the kills; a small checkpoint every other step.
        int steps = 40 * Kills;
        var expected = new Worker.Job(stage, folder["undisturbed"], steps, 2).Run();
        Assert.AreEqual(expected, KilledAndRestarted(new(stage, folder["killed"], steps, 2), Kills, 60, 400));
    }

    /// <summary>Nearly all the time goes into writing checkpoints of some megabytes, so that is when the kills come.</summary>
    [TestMethod]
    public void KilledWhileACheckpointIsWritten()
    {
        using var folder = new TemporaryFolder();
        int steps = 8 * Kills;
        var expected = new Worker.Job("dSFT", folder["undisturbed"], steps, 1000, 640).Run();
        var job = new Worker.Job("dSFT", folder["killed"], steps, 1, 640);
        Assert.AreEqual(expected, KilledAndRestarted(job, Kills, 20, 600, killWhenWriting: true));
    }

    private string KilledAndRestarted(Worker.Job job, int kills, int shortest, int longest, bool killWhenWriting = false)
    {
        var random = SeedStream.Create(11, "kills", 0);
        int killed = 0, inTheMiddle = 0;
        for (int starts = 0; starts < 5 * kills + 20; starts++)
        {
            using var process = job.Start();
            if (killed < kills && process.StandardOutput.ReadLine() == "started")
            {
                if (killWhenWriting)
                    SpinWait.SpinUntil(() => Parts(job.Folder).Length > 0 || process.HasExited, 20_000);
                Thread.Sleep(random.Next(shortest / (killWhenWriting ? 20 : 1), longest / (killWhenWriting ? 20 : 1)));
                if (!process.HasExited)
                {
                    process.Kill();
                    process.WaitForExit();
                    killed++;
                    inTheMiddle += Parts(job.Folder).Length > 0 ? 1 : 0;
                    foreach (var checkpoint in Directory.Exists(job.Folder) ? Directory.GetDirectories(job.Folder, "checkpoint-*").Except(Parts(job.Folder)) : [])
                        Assert.IsNotNull(CheckpointReader.Open(checkpoint, out var problem), $"After a kill {checkpoint} is not whole: {problem}");
                    continue;
                }
            }
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.AreEqual(0, process.ExitCode, process.StandardError.ReadToEnd());
            TestContext.WriteLine($"{job.Stage}: killed {killed} times, {inTheMiddle} of them while a checkpoint was being written");
            Assert.AreEqual(kills, killed, "The run ended before it was killed often enough.");
            if (killWhenWriting)
                Assert.IsGreaterThan(0, inTheMiddle, "No kill hit a checkpoint that was being written.");
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
        }
        throw new AssertFailedException("The run never ended.");
    }

    private static string[] Parts(string folder) => Directory.Exists(folder) ? Directory.GetDirectories(folder, "checkpoint-*.part") : [];
}
