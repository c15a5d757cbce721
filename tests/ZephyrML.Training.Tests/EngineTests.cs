using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>How the numbers are computed: recomputation, noise, precision. None of it may change what is learned.</summary>
[TestClass]
public class EngineTests
{
    private static readonly ScalarType[] Types = [ScalarType.Float32, ScalarType.BFloat16];

    private static SftOptions Sft(Action<SftOptions>? change = null)
    {
        var options = new SftOptions { LearningRate = 1e-2, MaxLength = 32, BatchSize = 4, AccumulationSteps = 2, Epochs = 2, WarmupRatio = 0, Schedule = LearningRateSchedule.Constant, LogEverySteps = 1 };
        change?.Invoke(options);
        return options;
    }

    private static DpoOptions Dpo(Action<DpoOptions>? change = null)
    {
        var options = new DpoOptions { LearningRate = 1e-2, MaxLength = 32, BatchSize = 3, AccumulationSteps = 2, Epochs = 2, WarmupRatio = 0, Schedule = LearningRateSchedule.Constant, LogEverySteps = 1 };
        change?.Invoke(options);
        return options;
    }

    private static CausalLM Model(ScalarType type = ScalarType.Float32, bool tied = false, int? window = null)
    {
        var config = TinyModel.Config(tied: tied, window: window);
        return new(config, type, seed: 1);
    }

    [TestMethod]
    [DataRow(false, null)]
    [DataRow(true, 6)]
    public void RecomputedEqualsStoredToTheLastBit(bool tied, int? window)
    {
        var rows = TinyModel.SftRows(20);
        var pairs = TinyModel.Pairs(13);
        foreach (var type in Types)
        {
            var precision = type == ScalarType.BFloat16 ? Precision.BFloat16 : Precision.Float32;
            (float[] Weights, double[] Metrics) Run(bool recompute)
            {
                using var model = Model(type, tied, window);
                var sft = SftTrainer.Train(model, rows, rows, Sft(o => (o.RecomputeActivations, o.Precision, o.NeftuneNoiseAlpha) = (recompute, precision, 5)), new() { Seed = 2 });
                var dpo = DpoTrainer.Train(model, pairs, null, Dpo(o => (o.RecomputeActivations, o.Precision) = (recompute, precision)), new() { Seed = 2 });
                return (TinyModel.Weights(model), [.. sft.Steps.Concat(dpo.Steps).Concat(sft.Evaluations).SelectMany(s => s.Values.Values)]);
            }
            var (stored, again) = (Run(false), Run(true));
            CollectionAssert.AreEqual(stored.Weights, again.Weights);
            CollectionAssert.AreEqual(stored.Metrics, again.Metrics);
        }
    }

    [TestMethod]
    public void RecomputedEqualsStoredUnderAnAdapterWithDropout()
    {
        var rows = TinyModel.SftRows(12);
        float[] Run(bool recompute)
        {
            using var model = Model();
            var adapter = model.AddAdapter(new LoraOptions { Rank = 4, Dropout = 0.3 }, seed: 3);
            SftTrainer.Train(model, rows, null, Sft(o => o.RecomputeActivations = recompute), new() { Seed = 2 });
            return [.. adapter.Weights.SelectMany(w => Fixtures.Values(w.Weight))];
        }
        CollectionAssert.AreEqual(Run(false), Run(true));
    }

    [TestMethod]
    public void FrozenLayersAreLeftAloneWhenTheyAreRecomputed()
    {
        var rows = TinyModel.SftRows(8);
        float[] Run(bool recompute)
        {
            using var model = Model();
            foreach (var (name, weight) in model.NamedWeights)
                weight.requires_grad = name.Contains("layers.1.", StringComparison.Ordinal);
            SftTrainer.Train(model, rows, null, Sft(o => o.RecomputeActivations = recompute), new());
            Assert.IsTrue(model.NamedWeights.All(w => w.Weight.grad is null));
            return TinyModel.Weights(model);
        }
        CollectionAssert.AreEqual(Run(false), Run(true));
    }

    [TestMethod]
    public void WhatGoesWrongInTheBackwardHalfIsAnExceptionLikeAnyOther()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var pass = model.HiddenForTraining(zeros(1, 5, dtype: ScalarType.Int64), recompute: true);
        pass.Hidden.sum().backward();
        pass.Hidden.grad = zeros_like(pass.Hidden);
        model.Dispose();                                                            // the layers' weights are gone
        Exception? error = null;
        try
        {
            pass.Backward();
        }
        catch (Exception e)
        {
            error = e;
        }
        Assert.IsNotNull(error);
    }

    [TestMethod]
    public void NoiseIsAsLargeAsNeftuneSaysAndSeeded()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Model();
        int C = model.Config.HiddenSize;
        int[] lengths = [4, 9, 16];
        using var batch = new TokenBatch([.. lengths.Select(n => new Document([.. Enumerable.Range(3, n)], n, null))], model.Config, model.Device);
        float[] Embedded(double? alpha, long seed)
        {
            var seen = new List<float[]>();
            using var pass = NewDisposeScope();
            var options = Sft(o => o.NeftuneNoiseAlpha = alpha);
            return Fixtures.Values(TrainedModel.Noise(batch, options, C, seed) ?? zeros(batch.Ids.shape[0], batch.Ids.shape[1], C));
        }
        float[] one = Embedded(5, 1);
        CollectionAssert.AreEqual(one, Embedded(5, 1));
        CollectionAssert.AreNotEqual(one, Embedded(5, 2));
        Assert.IsTrue(Embedded(null, 1).All(x => x == 0));
        var at = Fixtures.Values(batch.DocumentLengths);
        foreach (int n in lengths)
        {
            var noise = Enumerable.Range(0, at.Length).Where(i => at[i] == n).SelectMany(i => one.Skip(i * C).Take(C)).ToArray();
            double most = 5 / Math.Sqrt((double)n * C);
            Assert.HasCount(n * C, noise);
            Assert.IsTrue(noise.All(x => Math.Abs(x) <= most));
            Assert.IsGreaterThan(0.9 * most, noise.Max());
            Assert.AreEqual(most / Math.Sqrt(3), Math.Sqrt(noise.Average(x => x * x)), 0.15 * most, "uniform noise");
        }
    }

    [TestMethod]
    public void NoiseIsInTrainingOnly()
    {
        var rows = TinyModel.SftRows(8);
        SftResult Run(double? alpha)
        {
            using var model = Model();
            return SftTrainer.Train(model, rows, rows, Sft(o => (o.NeftuneNoiseAlpha, o.LearningRate) = (alpha, 0)), new());
        }
        var (quiet, zero, noisy) = (Run(null), Run(0), Run(10));
        Assert.AreEqual(quiet.Steps[0]["loss"], zero.Steps[0]["loss"]);
        Assert.AreNotEqual(quiet.Steps[0]["loss"], noisy.Steps[0]["loss"]);
        Assert.AreEqual(quiet.EvaluationAfter!["eval_loss"], noisy.EvaluationAfter!["eval_loss"]);
        Assert.AreEqual(0, Fixed(noisy), "each step has noise of its own");
        static int Fixed(SftResult r) => r.Steps.Select(s => s["loss"]).GroupBy(l => l).Count(g => g.Count() > 1);
    }

    [TestMethod]
    public void MastersKeepWhatBFloat16RoundsAway()
    {
        var rows = TinyModel.SftRows(8);
        // Steps of 1e-5 are lost on bfloat16 weights near 1 (their last bit is 0.008), but add up in the masters.
        using var model = Model(ScalarType.BFloat16);
        float[] before = TinyModel.Weights(model);
        SftTrainer.Train(model, rows, null, Sft(o => (o.Precision, o.MaxSteps, o.LearningRate) = (Precision.BFloat16, 3, 1e-5)), new());
        int norm = 0, moved = 0;
        foreach (var (name, weight) in model.NamedWeights.Where(w => w.Name.Contains("norm", StringComparison.Ordinal)))
            (norm, moved) = (norm + 1, moved + (Fixtures.Values(weight).All(x => x == 1) ? 0 : 1));
        Assert.AreEqual((5, 0), (norm, moved), "three steps do not show");
        using var longer = Model(ScalarType.BFloat16);
        SftTrainer.Train(longer, rows, null, Sft(o => (o.Precision, o.MaxSteps, o.LearningRate) = (Precision.BFloat16, 30, 3e-4)), new());
        Assert.IsTrue(longer.NamedWeights.Where(w => w.Name.Contains("norm", StringComparison.Ordinal)).All(w => Fixtures.Values(w.Weight).Any(x => x != 1)), "thirty of 3e-4, each below half a bit, do");
        Assert.IsTrue(longer.NamedWeights.All(w => w.Weight.dtype == ScalarType.BFloat16 && w.Weight.grad is null));
    }

    [TestMethod]
    public void BFloat16FollowsFloat32()
    {
        var rows = TinyModel.SftRows(16);
        var pairs = TinyModel.Pairs(12);
        (SftResult, DpoResult) Run(ScalarType type)
        {
            using var model = Model(ScalarType.BFloat16);                           // both start from the same rounded weights
            using var own = type == ScalarType.BFloat16 ? null : Model();
            if (own is not null)
                using (no_grad())
                    foreach (var (to, from) in own.NamedWeights.Zip(model.NamedWeights))
                        to.Weight.copy_(from.Weight);
            var precision = type == ScalarType.BFloat16 ? Precision.BFloat16 : Precision.Float32;
            var sft = SftTrainer.Train(own ?? model, rows, null, Sft(o => (o.Precision, o.LearningRate) = (precision, 3e-3)), new());
            return (sft, DpoTrainer.Train(own ?? model, pairs, null, Dpo(o => (o.Precision, o.LearningRate) = (precision, 3e-3)), new()));
        }
        var ((sft, dpo), (lowSft, lowDpo)) = (Run(ScalarType.Float32), Run(ScalarType.BFloat16));
        for (int i = 0; i < sft.Steps.Count; i++)
            Assert.AreEqual(sft.Steps[i]["loss"], lowSft.Steps[i]["loss"], 0.02 * sft.Steps[i]["loss"], $"dSFT, step {i + 1}");
        for (int i = 0; i < dpo.Steps.Count; i++)
            Assert.AreEqual(dpo.Steps[i]["loss"], lowDpo.Steps[i]["loss"], 0.05, $"dDPO, step {i + 1}");
        Assert.AreEqual(Math.Log(2), lowDpo.Steps[0]["loss"], 1e-7);
    }

    [TestMethod]
    public void AResumedBFloat16RunIsTheUninterruptedOneToTheLastBit()
    {
        var folder = Directory.CreateTempSubdirectory("zephyrml-bf16-").FullName;
        try
        {
            var rows = TinyModel.SftRows(16);
            float[] Run(string? checkpoints, int? stopAfter)
            {
                using var model = Model(ScalarType.BFloat16);
                using var stop = new CancellationTokenSource();
                var progress = new Told(p => { if (p.Step == stopAfter) stop.Cancel(); });
                try
                {
                    SftTrainer.Train(model, rows, null, Sft(o => (o.Precision, o.LearningRate, o.MaxSteps, o.CheckpointFolder) = (Precision.BFloat16, 1e-4, 6, checkpoints)), new() { Progress = progress, CancellationToken = stop.Token });
                }
                catch (OperationCanceledException) when (stopAfter is not null)
                {
                }
                return TinyModel.Weights(model);
            }
            var whole = Run(null, null);
            Run(folder, 3);
            CollectionAssert.AreEqual(whole, Run(folder, null));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void AModelOfAnotherTypeThanThePrecisionIsRefused()
    {
        using var model = Model(ScalarType.BFloat16);
        var error = Assert.ThrowsExactly<ArgumentException>(() => SftTrainer.Train(model, TinyModel.SftRows(4), null, Sft(), new()));
        Assert.Contains("Precision", error.Message);
        Assert.Contains("BFloat16", error.Message);
    }

    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}
