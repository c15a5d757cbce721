using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>What happens around the steps: memory, progress, stopping.</summary>
[TestClass]
public class RunningTests
{
    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }

    [TestMethod]
    public void LiveTensorsStayFlatOver200Steps()
    {
        using var model = TinyModel.Create(layers: 1);
        var rows = TinyModel.SftRows(16, maxLength: 10);
        var pairs = TinyModel.Pairs(8);
        var counts = new List<long>();
        var context = new TrainingContext { Progress = new Told(_ => counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount)) };
        SftTrainer.Train(model, rows, null, new() { MaxSteps = 200, MaxLength = 16, BatchSize = 2, LogEverySteps = 20, LearningRate = 1e-4 }, context);
        Assert.HasCount(10, counts);
        Assert.AreEqual(counts[0], counts[^1], string.Join(" ", counts));
        counts.Clear();
        DpoTrainer.Train(model, pairs, null, new() { MaxSteps = 200, MaxLength = 32, BatchSize = 2, LogEverySteps = 20, LearningRate = 1e-5 }, context);
        counts.RemoveRange(0, counts.Count - 10); // the reference's come first
        Assert.AreEqual(counts[0], counts[^1], string.Join(" ", counts));
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
            DpoResult Run(int seed, PreferenceRow[] rows)
            {
                using var model = TinyModel.Create(seed);
                return DpoTrainer.Train(model, rows, null, new() { MaxLength = 32, Epochs = 1, LogEverySteps = 1 }, new() { CacheFolder = folder });
            }
            var first = Run(1, pairs);
            var second = Run(1, pairs);
            Assert.AreEqual((false, true), (first.ReferenceFromCache, second.ReferenceFromCache));
            Assert.AreEqual(first.Steps[^1]["loss"], second.Steps[^1]["loss"]);
            Assert.IsFalse(Run(2, pairs).ReferenceFromCache);
            Assert.IsFalse(Run(1, pairs[..8]).ReferenceFromCache);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
