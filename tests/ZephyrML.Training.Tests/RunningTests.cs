using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>What happens around the steps: memory, progress, stopping.</summary>
[TestClass]
public class RunningTests
{
    public required TestContext TestContext { get; set; }

    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }

    /// <summary>With evaluations, checkpoints and metric files. Native memory is what the process has beyond the managed heap, which keeps all metrics.</summary>
    [TestMethod]
    [DataRow("dSFT")]
    [DataRow("dDPO")]
    public void LiveTensorsAndMemoryStayFlat(string stage)
    {
        bool soak = Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1";
        int steps = soak ? 2000 : 200;
        using var folder = new TemporaryFolder();
        using var process = new Worker.FlatJob(stage, steps, folder.Path).Start();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ').Select(long.Parse).ToArray()).ToList();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, process.StandardError.ReadToEnd());
        Assert.HasCount(10, lines);
        var (live, native, managed) = (lines.ConvertAll(l => l[0]), lines.ConvertAll(l => l[1] / 1e6), lines.ConvertAll(l => l[2] / 1e6));
        TestContext.WriteLine(FormattableString.Invariant($"{stage}, {steps} steps: live tensors {string.Join(" ", live)}; native MB {string.Join(" ", native.Select(m => $"{m:0.0}"))}; managed MB {string.Join(" ", managed.Select(m => $"{m:0.0}"))}"));
        Assert.AreEqual(live[0], live[^1], string.Join(" ", live));
        Assert.AreEqual(live[0], live.Max(), string.Join(" ", live));
        // The metrics of a step take some kilobytes, for good.
        Assert.IsLessThan(0.01 * steps + 2, managed[^1] - managed[1], "managed memory");
        // Code is still being compiled at the start; a leak of one small tensor a step would show.
        if (soak)
            Assert.IsLessThan(8, native[^1] - native[2], "native memory in MB");
    }

    /// <summary>Passes without gradients may use other operations where there are few tokens; in training they must not.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void OfFewTokensTooTheFirstRatiosAreExactlyZero(bool recompute)
    {
        using var model = TinyModel.Create();
        foreach (var pair in TinyModel.Pairs(12).Append(new([5, 6], [7], [8])))
        {
            var result = DpoTrainer.Train(model, [pair], null, new() { MaxSteps = 1, MaxLength = 32, BatchSize = 1, WarmupSteps = 0, LearningRate = 1e-3, RecomputeActivations = recompute }, new());
            Assert.AreEqual((float)Math.Log(2), (float)result.Steps[0]["loss"]);
            Assert.AreEqual((0.0, 0.0), (result.Steps[0]["rewards/accuracies"], result.Steps[0]["rewards/margins"]), $"{pair.Prompt.Length} {pair.Chosen.Length} {pair.Rejected.Length}");
        }
    }

    [TestMethod]
    public void NothingIsLeftAfterTraining()
    {
        using var model = TinyModel.Create(layers: 1);
        var options = new SftOptions { MaxSteps = 3, MaxLength = 16, BatchSize = 2 };
        SftTrainer.Train(model, TinyModel.SftRows(8, maxLength: 10), null, options, new());
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        SftTrainer.Train(model, TinyModel.SftRows(8, maxLength: 10), null, options, new());
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.IsTrue(model.NamedWeights.All(w => w.Weight.grad is null));
    }

    [TestMethod]
    public void ProgressTellsRateAndTimeLeft()
    {
        using var model = TinyModel.Create(layers: 1);
        var told = new List<TrainingProgress>();
        var result = SftTrainer.Train(model, TinyModel.SftRows(20), TinyModel.SftRows(4, seed: 9), new() { Packing = Packing.None, MaxLength = 32, BatchSize = 2, LogEverySteps = 5, EvaluateEverySteps = 5 }, new() { Progress = new Told(told.Add) });
        CollectionAssert.AreEqual(new[] { 0, 5, 5, 10, 10 }, told.Select(p => p.Step).ToArray());
        Assert.AreEqual(("dSFT", 10), (told[1].Stage, told[1].TotalSteps));
        Assert.IsGreaterThan(0, told[1].TokensPerSecond);
        Assert.IsGreaterThan(TimeSpan.Zero, told[1].TimeLeft);
        Assert.AreEqual(TimeSpan.Zero, told[3].TimeLeft);
        Assert.IsTrue(told[2].Metrics.ContainsKey("eval_loss"));
        Assert.HasCount(10, result.Steps);
        Assert.HasCount(3, result.Evaluations);
        Assert.AreEqual(result.Tokens, TinyModel.SftRows(20).Sum(r => r.Ids.Length));
        Assert.IsGreaterThan(1 << 20, result.PeakMemoryBytes);
        Assert.IsGreaterThan(0, result.TokensPerSecond);
    }

    [TestMethod]
    public void CancellationStopsBetweenSteps()
    {
        using var model = TinyModel.Create(layers: 1);
        using var stop = new CancellationTokenSource();
        int steps = 0;
        var context = new TrainingContext { CancellationToken = stop.Token, Progress = new Told(p => { if ((steps = p.Step) == 3) stop.Cancel(); }) };
        Assert.ThrowsExactly<OperationCanceledException>(() => SftTrainer.Train(model, TinyModel.SftRows(20), null, new() { MaxSteps = 50, MaxLength = 32, BatchSize = 1, LogEverySteps = 1 }, context));
        Assert.AreEqual(3, steps);
        Assert.IsTrue(TinyModel.Weights(model).All(float.IsFinite));
    }

    [TestMethod]
    public void ALossThatIsNoNumberStopsTheRun()
    {
        using var model = TinyModel.Create(layers: 1);
        using (no_grad())
            model.NamedWeights[0].Weight.fill_(float.NaN);
        var error = Assert.ThrowsExactly<TrainingDivergedException>(() => SftTrainer.Train(model, TinyModel.SftRows(4), null, new() { MaxLength = 32 }, new()));
        Assert.Contains("dSFT went wrong in step 1", error.Message);
    }

    [TestMethod]
    public void ReferenceIsKeptInTheCacheAndOnlyForTheSameWeightsAndRows()
    {
        var folder = Directory.CreateTempSubdirectory("zephyrml-cache-").FullName;
        try
        {
            var pairs = TinyModel.Pairs(9);
            DpoResult Run(int seed = 1, PreferenceRow[]? rows = null, Action<DpoOptions>? change = null)
            {
                using var model = TinyModel.Create(seed);
                var options = new DpoOptions { MaxLength = 32, Epochs = 1, LogEverySteps = 1 };
                change?.Invoke(options);
                return DpoTrainer.Train(model, rows ?? pairs, null, options, new() { CacheFolder = folder });
            }
            var first = Run();
            var second = Run();
            Assert.AreEqual((false, true), (first.ReferenceFromCache, second.ReferenceFromCache));
            Assert.AreEqual(first.Steps[^1]["loss"], second.Steps[^1]["loss"]);
            Assert.IsTrue(Run(change: o => { o.Beta = 0.3; o.LearningRate = 1e-3; o.Epochs = 2; }).ReferenceFromCache, "these move no log-probability of the reference");
            Assert.IsFalse(Run(2).ReferenceFromCache, "other weights");
            Assert.IsFalse(Run(rows: pairs[..8]).ReferenceFromCache, "other rows");
            Assert.IsFalse(Run(rows: [.. pairs.Reverse()]).ReferenceFromCache, "another order");
            Assert.IsFalse(Run(change: o => o.MaxLength = 31).ReferenceFromCache, "another length");
            Assert.IsFalse(Run(change: o => o.Truncation = Truncation.KeepEnd).ReferenceFromCache, "another end kept");
            Assert.IsFalse(Run(change: o => o.LdAlpha = 0.5).ReferenceFromCache, "another weight of the longer answer's end");
            Assert.IsTrue(Run().ReferenceFromCache);

            foreach (var file in Directory.GetFiles(folder, "*.logps"))
            {
                var bytes = File.ReadAllBytes(file);
                bytes[^3] ^= 1;
                File.WriteAllBytes(file, bytes);
            }
            var third = Run();
            Assert.IsFalse(third.ReferenceFromCache, "a file that was changed is not believed");
            Assert.AreEqual(first.Steps[^1]["loss"], third.Steps[^1]["loss"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
