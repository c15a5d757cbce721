using System.Diagnostics;
using System.Globalization;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>What a run is going to need is told beforehand, and is near what it takes.</summary>
[TestClass]
public class MemoryTests
{
    /// <summary>How far estimate and measured peak may be apart.</summary>
    private const double Factor = 1.35;

    private sealed class Collected<T> : List<T>, IProgress<T>
    {
        public void Report(T value) => Add(value);
    }

    [TestMethod]
    [DataRow("stored")]
    [DataRow("recomputed")]
    public void TheEstimateIsNearTheMeasuredPeak(string how)
    {
        using var process = new Worker.MemoryJob(how).Start();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, process.StandardError.ReadToEnd());
        double estimate = double.Parse(lines[0], CultureInfo.InvariantCulture), measured = double.Parse(lines[1], CultureInfo.InvariantCulture);
        Assert.IsGreaterThan(200.0 * (1 << 20), measured, "not a tiny model");
        Assert.IsLessThan(Factor, estimate / measured, $"estimated {estimate / (1 << 20):0} MiB, measured {measured / (1 << 20):0} MiB");
        Assert.IsLessThan(Factor, measured / estimate, $"estimated {estimate / (1 << 20):0} MiB, measured {measured / (1 << 20):0} MiB");
    }

    [TestMethod]
    public void ThePartsAreWhatTheOptionsSay()
    {
        using var model = TinyModel.Create();
        long weights = model.NamedWeights.Sum(w => w.Weight.numel());
        int[][] batches = [[10, 20], [30, 30, 5]];
        MemoryEstimate Of(TrainingOptions options, CausalLM? of = null) => TrainingMemory.Estimate(of ?? model, options, batches);
        var adamw = Of(new SftOptions());
        Assert.AreEqual((4 * weights, 0L, 4 * weights, 8 * weights, 0L), (adamw.Weights, adamw.Masters, adamw.Gradients, adamw.Optimizer, adamw.Copies));
        Assert.AreEqual(4 * weights, Of(new SftOptions { Optimizer = OptimizerKind.Lion }).Optimizer);
        Assert.AreEqual(4 * weights, Of(new DpoOptions { SyncReference = true }).Copies);
        Assert.AreEqual(4 * weights, Of(new SftOptions { LoadBestModelAtEnd = true }).Copies);
        Assert.IsLessThan(adamw.Activations, Of(new SftOptions { RecomputeActivations = true }).Activations);
        Assert.AreEqual(adamw.Weights + adamw.Gradients + adamw.Optimizer + adamw.Activations + adamw.Logits, adamw.Total);
        using var low = new CausalLM(TinyModel.Config(), ScalarType.BFloat16, seed: 1);
        var half = Of(new SftOptions { Precision = Precision.BFloat16 }, low);
        Assert.AreEqual((2 * weights, 4 * weights, 6 * weights, 8 * weights), (half.Weights, half.Masters, half.Gradients, half.Optimizer));
        Assert.AreEqual(adamw.Activations / 2, half.Activations);
        model.AddAdapter(new LoraOptions { Rank = 2 });
        long trained = model.TrainableWeights.Sum(w => w.Weight.numel());
        var lora = Of(new SftOptions());
        Assert.AreEqual((4 * (weights + trained), 4 * trained, 8 * trained), (lora.Weights, lora.Gradients, lora.Optimizer));
    }

    [TestMethod]
    public void TooLittleMemoryIsSaidBeforeTheFirstStep()
    {
        var rows = TinyModel.SftRows(8);
        var told = new Collected<MemoryEstimate>();
        var warnings = new Collected<string>();
        int steps = 0;
        var context = new TrainingContext { Memory = told, Warnings = warnings, Progress = new Told(_ => steps++) };
        SftOptions Options(MemoryCheck check, long limit) => new() { MaxSteps = 1, MaxLength = 32, LogEverySteps = 1, MemoryCheck = check, MemoryLimit = limit };
        using var model = TinyModel.Create();
        var before = TinyModel.Weights(model);
        var error = Assert.ThrowsExactly<InsufficientMemoryException>(() => SftTrainer.Train(model, rows, null, Options(MemoryCheck.Refuse, 1000), context));
        foreach (var named in new[] { "dSFT needs about", "weights", "optimiser", "RecomputeActivations", "BatchSize", "MaxLength" })
            Assert.Contains(named, error.Message);
        Assert.AreEqual((1, 0, 0), (told.Count, warnings.Count, steps));
        CollectionAssert.AreEqual(before, TinyModel.Weights(model));
        var result = SftTrainer.Train(model, rows, null, Options(MemoryCheck.Warn, 1000), context);
        Assert.AreEqual((2, 1, 1), (told.Count, warnings.Count, steps));
        Assert.AreEqual(told[^1], result.MemoryEstimate);
        SftTrainer.Train(model, rows, null, Options(MemoryCheck.Off, 1000), context);
        SftTrainer.Train(model, rows, null, Options(MemoryCheck.Refuse, 1L << 30), context);
        Assert.HasCount(1, warnings);
    }

    [TestMethod]
    public void ARunThatTeachesNoStopTokenWarns()
    {
        using var model = TinyModel.Create();
        var warnings = new Collected<string>();
        void Sft(int[] stops, int last) => SftTrainer.Train(model, [new SftRow([3, 4, 5, last], [false, true, true, true])], null, new() { MaxSteps = 1, MaxLength = 32 }, new() { Warnings = warnings, StopTokenIds = stops });
        Sft([2, 7], 7);
        Assert.IsEmpty(warnings);
        Sft([2], 7);
        Assert.Contains("dSFT: in no row is a stop token learned (2)", warnings.Single());
        Sft([], 7);
        DpoTrainer.Train(model, [new PreferenceRow([3], [4, 2], [5])], null, new() { MaxSteps = 1, MaxLength = 32 }, new() { Warnings = warnings, StopTokenIds = [2] });
        Assert.HasCount(1, warnings);
        DpoTrainer.Train(model, [new PreferenceRow([3], [4, 2], [5])], null, new() { MaxSteps = 1, MaxLength = 2 }, new() { Warnings = warnings, StopTokenIds = [2] });
        Assert.Contains("dDPO", warnings[1]);
    }

    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}
