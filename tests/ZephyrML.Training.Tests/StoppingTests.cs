using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>The best model, stopping early, and stopping because numbers went wrong.</summary>
[TestClass]
public class StoppingTests
{
    private static StepMetrics Evaluation(int step, double value, string name = "eval_loss") => new(step, new Dictionary<string, double> { [name] = value });

    /// <summary>transformers' EarlyStoppingCallback and _determine_best_metric, worked through by hand: patience compares with the best before, by more than the threshold; the best itself knows no threshold.</summary>
    [TestMethod]
    public void PatienceAndThresholdAreTransformers()
    {
        var best = new BestModel(new SftOptions { EarlyStoppingPatience = 2, EarlyStoppingThreshold = 0.1 });
        (double Value, bool Best, bool Stop)[] story =
        [
            (1.00, true, false),   // the first always counts
            (0.95, true, false),   // better, but by less than the threshold: 1 without progress
            (0.80, true, false),   // better than 0.95 by more: 0
            (0.90, false, false),  // 1
            (0.75, true, true),    // better than 0.80 by 0.05 only: 2, and yet the best
        ];
        for (int i = 0; i < story.Length; i++)
            Assert.AreEqual((story[i].Best, story[i].Stop), (best.Take(Evaluation(i, story[i].Value)), best.Stop), $"evaluation {i}");
        Assert.AreEqual((4, 0.75), (best.Step!.Value, best.Value!.Value));
    }

    [TestMethod]
    public void MoreIsBetterUnlessItIsALoss()
    {
        var accuracy = new BestModel(new DpoOptions { MetricForBestModel = "rewards/accuracies" });
        Assert.IsTrue(accuracy.Take(Evaluation(1, 0.5, "eval_rewards/accuracies")));
        Assert.IsFalse(accuracy.Take(Evaluation(2, 0.4, "eval_rewards/accuracies")));
        Assert.IsTrue(accuracy.Take(Evaluation(3, 0.6, "eval_rewards/accuracies")));
        var told = new BestModel(new SftOptions { MetricForBestModel = "loss", GreaterIsBetter = true });
        Assert.IsTrue(told.Take(Evaluation(1, 1)));
        Assert.IsTrue(told.Take(Evaluation(2, 2)));
        var nan = new BestModel(new SftOptions { EarlyStoppingPatience = 2 });
        Assert.IsFalse(nan.Take(Evaluation(1, double.NaN)));
        Assert.IsTrue(nan.Take(Evaluation(2, 3)));
        Assert.IsNull(new BestModel(new SftOptions()).Step);
        Assert.Contains("eval_loss", Assert.ThrowsExactly<ArgumentException>(() => new BestModel(new SftOptions { MetricForBestModel = "bleu" }).Check(Evaluation(0, 1))).Message);
    }

    /// <summary>Trained on few rows at a high rate, the loss on others falls and then rises.</summary>
    private static (SftResult Result, float[] Weights, Dictionary<int, float[]> Along) Overfit(string? folder, bool best = true, int? patience = 3, SaveStrategy save = SaveStrategy.Steps)
    {
        using var model = TinyModel.Create(layers: 1);
        var along = new Dictionary<int, float[]>();
        var options = new SftOptions
        {
            MaxSteps = 60, MaxLength = 32, BatchSize = 4, LearningRate = 3e-3, Packing = Packing.None, LogEverySteps = 1, EvaluateEverySteps = 2, Schedule = LearningRateSchedule.Constant,
            CheckpointFolder = folder, SaveEverySteps = 7, SaveTotalLimit = 1, SaveStrategy = save, LoadBestModelAtEnd = best, EarlyStoppingPatience = patience,
        };
        var context = new TrainingContext { Seed = 1, BeforeUpdate = (step, _) => along[step - 1] = TinyModel.Weights(model) };
        var result = SftTrainer.Train(model, TinyModel.SftRows(4, maxLength: 14), TinyModel.SftRows(16, seed: 9, maxLength: 14), options, context);
        along.TryAdd(result.Steps.Count, TinyModel.Weights(model));
        return (result, TinyModel.Weights(model), along);
    }

    [TestMethod]
    public void TheRunStopsEarlyAndTheBestModelIsKept()
    {
        using var folder = new TemporaryFolder();
        var (result, weights, along) = Overfit(folder["run"]);
        var (best, value) = (result.BestStep!.Value, result.BestMetric!.Value);
        Assert.IsTrue(result.StoppedEarly);
        Assert.AreEqual(best + 6, result.Steps.Count, "three evaluations, two steps apart, after the best");
        Assert.AreEqual(result.Evaluations.Skip(1).Min(e => e["eval_loss"]), value);
        CollectionAssert.AreEqual(along[best], weights, "the weights are those of the best evaluation");
        CollectionAssert.AreEquivalent(new[] { best, result.Steps.Count }.Select(s => $"checkpoint-{s}").ToArray(), Directory.GetDirectories(folder["run"], "checkpoint-*").Select(d => Path.GetFileName(d)).ToArray());

        var again = Overfit(folder["run"]);
        CollectionAssert.AreEqual(weights, again.Weights, "a run that was stopped early is finished");
        Assert.AreEqual((result.Steps.Count, true), (again.Result.ResumedFromStep!.Value, again.Result.StoppedEarly));

        CollectionAssert.AreEqual(weights, Overfit(null).Weights, "without a folder the best weights are kept in memory");
        var last = Overfit(null, best: false, patience: null);
        Assert.IsFalse(last.Result.StoppedEarly);
        Assert.HasCount(60, last.Result.Steps);
        CollectionAssert.AreEqual(last.Along[60], last.Weights);
        Assert.IsGreaterThan(value, last.Result.EvaluationAfter!["eval_loss"]);
    }

    [TestMethod]
    public void SavedOnlyWhenBest()
    {
        using var folder = new TemporaryFolder();
        var (result, _, _) = Overfit(folder["run"], best: false, save: SaveStrategy.Best);
        Assert.AreEqual($"checkpoint-{result.Steps.Count}", Path.GetFileName(Directory.GetDirectories(folder["run"], "checkpoint-*").Single()));
        using var model = TinyModel.Create();
        foreach (var options in new SftOptions[] { new() { LoadBestModelAtEnd = true }, new() { EarlyStoppingPatience = 1 }, new() { SaveStrategy = SaveStrategy.Best } })
            Assert.Contains("evaluate", Assert.ThrowsExactly<ArgumentException>(() => SftTrainer.Train(model, TinyModel.SftRows(4), null, options, new())).Message);
    }

    [TestMethod]
    public void EvaluatedAfterEachEpoch()
    {
        using var model = TinyModel.Create(layers: 1);
        var result = SftTrainer.Train(model, TinyModel.SftRows(10), TinyModel.SftRows(4, seed: 9), new() { Packing = Packing.None, MaxLength = 32, BatchSize = 2, AccumulationSteps = 2, Epochs = 3, EvaluationStrategy = EvaluationStrategy.Epoch }, new());
        CollectionAssert.AreEqual(new[] { 0, 3, 6, 9 }, result.Evaluations.Select(e => e.Step).ToArray());
    }

    private static StepMetrics Step(double loss, double norm = 1) => new(1, new Dictionary<string, double> { ["loss"] = loss, ["grad_norm"] = norm });

    [TestMethod]
    public void TheGuardSeesWhatIsNoNumberAndWhatExplodes()
    {
        Assert.Contains("NaN", new DivergenceGuard(new SftOptions()).Problem(Step(double.NaN))!);
        Assert.Contains("norm", new DivergenceGuard(new SftOptions()).Problem(Step(1, double.PositiveInfinity))!);
        Assert.IsNull(new DivergenceGuard(new SftOptions { StopOnNonFinite = false }).Problem(Step(double.NaN, double.NaN)));

        // Window 4, factor 2: from a mean of 3 it may rise to 9.
        var guard = new DivergenceGuard(new SftOptions { DivergenceWindow = 4 });
        foreach (var loss in (double[])[10, 10, 10, 10, 3, 3, 3, 3, 9, 9, 9, 8.9])
            Assert.IsNull(guard.Problem(Step(loss)), $"{loss}");
        Assert.Contains("explodes", guard.Problem(Step(9.2))!);
        // A small loss may rise by 2 × 1, one bad batch does nothing, a negative loss is measured by its size.
        var small = new DivergenceGuard(new SftOptions { DivergenceWindow = 4 });
        foreach (var loss in (double[])[0.01, 0.01, 0.01, 0.01, 8, 0.01, 0.01, 0.01, 0.01])
            Assert.IsNull(small.Problem(Step(loss)), $"{loss}");
        var negative = new DivergenceGuard(new SftOptions { DivergenceWindow = 1 });
        foreach (var loss in (double[])[-5, 4.9])
            Assert.IsNull(negative.Problem(Step(loss)), $"{loss}");
        Assert.IsNotNull(negative.Problem(Step(5.1)));
        var off = new DivergenceGuard(new SftOptions { DivergenceWindow = 0 });
        Assert.IsTrue(new double[] { 1, 1e9 }.All(loss => off.Problem(Step(loss)) is null));
    }

    private static (TrainingDivergedException Error, float[] Weights, Dictionary<int, float[]> Along) Diverge(TrainingOptions options, string? folder, int? noNumberAt)
    {
        using var model = TinyModel.Create(layers: 1);
        var along = new Dictionary<int, float[]>();
        var context = new TrainingContext
        {
            BeforeUpdate = (step, buffers) =>
            {
                along[step - 1] = TinyModel.Weights(model);
                if (step == noNumberAt)
                    buffers.Gradients[3] = tensor(float.NaN);
            },
        };
        (options.MaxSteps, options.MaxLength, options.BatchSize, options.CheckpointFolder, options.SaveEverySteps) = (60, 32, 2, folder, 3);
        var error = Assert.ThrowsExactly<TrainingDivergedException>(() =>
        {
            if (options is SftOptions sft)
                SftTrainer.Train(model, TinyModel.SftRows(8), null, sft, context);
            else
                DpoTrainer.Train(model, TinyModel.Pairs(8), null, (DpoOptions)options, context);
        });
        return (error, TinyModel.Weights(model), along);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AGradientThatIsNoNumberStopsBeforeItMovesAWeight(bool dpo)
    {
        TrainingOptions Options() => dpo ? new DpoOptions { LearningRate = 1e-3 } : new SftOptions { LearningRate = 1e-3, Packing = Packing.None };
        var (error, weights, along) = Diverge(Options(), null, 8);
        Assert.AreEqual((8, 7, null), (error.Step, error.WeightsOfStep!.Value, error.Checkpoint));
        CollectionAssert.AreEqual(along[7], weights);
        Assert.Contains("step 8 of 60", error.Message);
        Assert.Contains("norm NaN", error.Message);
        Assert.Contains("LearningRate", error.Message);

        using var folder = new TemporaryFolder();
        (error, weights, along) = Diverge(Options(), folder["run"], 8);
        Assert.AreEqual((8, 6, "checkpoint-6"), (error.Step, error.WeightsOfStep!.Value, Path.GetFileName(error.Checkpoint)));
        CollectionAssert.AreEqual(along[6], weights);
        Assert.Contains("checkpoint-6", error.Message);
    }

    /// <summary>The rate rises and rises: the rows are learnt, and then the model breaks.</summary>
    private static SftOptions TooFast(int window) => new()
    {
        LearningRate = 2, Schedule = LearningRateSchedule.ConstantWithWarmup, WarmupSteps = 200, Packing = Packing.None, DivergenceWindow = window, DivergenceFactor = 1, SaveTotalLimit = null, MaxSteps = 60, MaxLength = 32, BatchSize = 2,
    };

    [TestMethod]
    public void ALossThatExplodesStopsWithTheWeightsFromBefore()
    {
        using var model = TinyModel.Create(layers: 1);
        var result = SftTrainer.Train(model, TinyModel.SftRows(8), null, TooFast(0), new());
        Assert.HasCount(60, result.Steps, "without the guard it goes on");

        using var folder = new TemporaryFolder();
        var (error, weights, along) = Diverge(TooFast(4), folder["run"], null);
        Assert.Contains("explodes", error.Message, string.Join(" ", result.Steps.Select(s => s["loss"])));
        Assert.IsLessThanOrEqualTo(error.Step - 4, error.WeightsOfStep!.Value);
        CollectionAssert.AreEqual(along[error.WeightsOfStep.Value], weights);
    }
}
