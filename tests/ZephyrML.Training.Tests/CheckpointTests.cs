using ZephyrML.LanguageModels;

namespace ZephyrML.Training.Tests;

/// <summary>Going on from a checkpoint: the same bits as without the stop, and refused where it is not the same run.</summary>
[TestClass]
public class CheckpointTests
{
    private sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }

    /// <summary>A run with the given options; stopped after a step by cancellation, where that is wanted.</summary>
    private static (string? Hash, TrainingResult? Result, List<string> Warnings) Run(TrainingOptions options, int? stopAfter = null, int modelSeed = 1, SftRow[]? rows = null, LoraOptions? adapter = null)
    {
        using var model = new CausalLM(TinyModel.Config(layers: 1), options.Precision == Precision.BFloat16 ? TorchSharp.torch.ScalarType.BFloat16 : TorchSharp.torch.ScalarType.Float32, seed: modelSeed);
        if (adapter is not null)
            model.AddAdapter(adapter, seed: 6);
        using var stop = new CancellationTokenSource();
        var warnings = new List<string>();
        var context = new TrainingContext
        {
            Seed = 4, CancellationToken = stop.Token, Warnings = new Told<string>(warnings.Add),
            Progress = new Told<TrainingProgress>(p => { if (p.Stage != "dDPO reference" && p.Step == stopAfter) stop.Cancel(); }),
        };
        options.LogEverySteps = 1;
        try
        {
            TrainingResult result = options is SftOptions sft ? SftTrainer.Train(model, rows ?? TinyModel.SftRows(11, maxLength: 14), TinyModel.SftRows(5, seed: 9, maxLength: 14), sft, context)
                : DpoTrainer.Train(model, TinyModel.Pairs(11), TinyModel.Pairs(5, seed: 9), (DpoOptions)options, context);
            return (Worker.Hash(model, result), result, warnings);
        }
        catch (OperationCanceledException)
        {
            return (null, null, warnings);
        }
    }

    private static SftOptions Sft(string? folder = null) => new()
    {
        MaxSteps = 12, MaxLength = 32, BatchSize = 2, AccumulationSteps = 2, LearningRate = 1e-2, Packing = Packing.None, WeightDecay = 0.1, CheckpointFolder = folder, SaveEverySteps = 3, EvaluateEverySteps = 5,
    };

    private static DpoOptions Dpo(string? folder = null) => new() { MaxSteps = 12, MaxLength = 32, BatchSize = 2, LearningRate = 1e-3, CheckpointFolder = folder, SaveEverySteps = 3, EvaluateEverySteps = 5 };

    public static IEnumerable<object[]> Kinds() =>
    [
        ["dSFT", (Func<string?, TrainingOptions>)(f => Sft(f))],
        ["dSFT, Lion, packed, shuffled by length", (Func<string?, TrainingOptions>)(f => { var o = Sft(f); o.Optimizer = OptimizerKind.Lion; o.Packing = Packing.BestFit; return o; })],
        ["dSFT, bfloat16 with masters, noise, recomputed", (Func<string?, TrainingOptions>)(f => { var o = Sft(f); (o.Precision, o.NeftuneNoiseAlpha, o.RecomputeActivations) = (Precision.BFloat16, 5, true); return o; })],
        ["dDPO", (Func<string?, TrainingOptions>)(f => Dpo(f))],
        ["dDPO, RMSprop, the reference moves", (Func<string?, TrainingOptions>)(f => { var o = Dpo(f); o.Optimizer = OptimizerKind.RmsProp; o.SyncReference = true; o.ReferenceSyncSteps = 4; return o; })],
    ];

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void ResumedIsUninterruptedBitByBit(string name, Func<string?, TrainingOptions> make)
    {
        using var folder = new TemporaryFolder();
        var expected = Run(make(null));
        foreach (int stop in new[] { 1, 4, 6, 11 })
            Assert.IsNull(Run(make(folder["run"]), stop).Hash, $"{name}: stopped after {stop}");
        var resumed = Run(make(folder["run"]));
        Assert.AreEqual(expected.Hash, resumed.Hash, name);
        Assert.AreEqual(11, resumed.Result!.ResumedFromStep);
        Assert.AreEqual(expected.Result!.Tokens, resumed.Result.Tokens);
        Assert.IsEmpty(resumed.Warnings);

        var again = Run(make(folder["run"]));
        Assert.AreEqual((expected.Hash, 12), (again.Hash, again.Result!.ResumedFromStep!.Value), "a finished run is only loaded");
    }

    [TestMethod]
    public void AnAdaptersCheckpointHoldsThatAloneAsPeftHasIt()
    {
        foreach (var make in new Func<string?, TrainingOptions>[] { Sft, Dpo })
        {
            using var folder = new TemporaryFolder();
            var lora = new LoraOptions { Rank = 4, Alpha = 8, Dropout = 0.2 };
            var expected = Run(make(null), adapter: lora);
            Assert.IsNull(Run(make(folder["run"]), 4, adapter: lora).Hash);
            var resumed = Run(make(folder["run"]), adapter: lora);
            Assert.AreEqual((expected.Hash, 4), (resumed.Hash, resumed.Result!.ResumedFromStep!.Value));

            var newest = Path.Combine(folder["run"], "checkpoint-12");
            Assert.IsFalse(File.Exists(Path.Combine(newest, "model.safetensors")));
            using var model = TinyModel.Create(layers: 1);
            model.ReadAdapter(name => Path.Combine(newest, name) is var path && File.Exists(path) ? File.OpenRead(path) : null);
            Assert.AreEqual(expected.Hash, Worker.Hash(model, expected.Result!));
            lora.Rank = 8;
            Assert.Contains("model: now llama", Assert.ThrowsExactly<InvalidOperationException>(() => Run(make(folder["run"]), adapter: lora)).Message);
        }
    }

    [TestMethod]
    public void WhatDiffersIsNamedAndNothingIsTrained()
    {
        using var folder = new TemporaryFolder();
        Run(Sft(folder["run"]), stopAfter: 6);
        void Refused(string expected, SftOptions options, int modelSeed = 1, SftRow[]? rows = null)
        {
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => Run(options, modelSeed: modelSeed, rows: rows));
            Assert.Contains("checkpoint-6", error.Message);
            Assert.Contains(expected, error.Message);
        }
        var other = Sft(folder["run"]);
        other.LearningRate = 2e-2;
        other.ScheduleShape = new() { Cycles = 2 };
        Refused("option LearningRate: now 0.02, then 0.01", other);
        Refused("option ScheduleShape: now", other);
        Refused("training rows: now 12 rows", Sft(folder["run"]), rows: TinyModel.SftRows(12, maxLength: 14));
        Refused("model: now llama", Sft(folder["run"]), modelSeed: 2);
        var seeded = Sft(folder["run"]);
        seeded.Seed = 5;
        Refused("seed: now 5, then 4", seeded);
        var dpo = Assert.ThrowsExactly<InvalidOperationException>(() => Run(Dpo(folder["run"])));
        Assert.Contains("stage: now dDPO, then dSFT", dpo.Message);

        var free = Sft(folder["run"]);
        (free.SaveEverySteps, free.SaveTotalLimit, free.RecomputeActivations) = (100, null, true);
        Assert.AreEqual(6, Run(free).Result!.ResumedFromStep, "how often to save and what to compute twice may change");
    }

    [TestMethod]
    [DataRow("cut")]
    [DataRow("changed")]
    [DataRow("missing")]
    [DataRow("no manifest")]
    public void ADamagedNewestCheckpointIsPassedOverWithAWarning(string damage)
    {
        using var folder = new TemporaryFolder();
        var expected = Run(Sft()).Hash;
        Run(Sft(folder["run"]), stopAfter: 9);
        var newest = Path.Combine(folder["run"], "checkpoint-9");
        var weights = Path.Combine(newest, "optimizer.safetensors");
        var bytes = File.ReadAllBytes(weights);
        switch (damage)
        {
            case "cut": File.WriteAllBytes(weights, bytes[..^7]); break;
            case "changed": bytes[^9] ^= 16; File.WriteAllBytes(weights, bytes); break;
            case "missing": File.Delete(weights); break;
            default: File.Delete(Path.Combine(newest, "manifest.json")); break;
        }
        var resumed = Run(Sft(folder["run"]));
        Assert.AreEqual((expected, 6), (resumed.Hash, resumed.Result!.ResumedFromStep!.Value));
        Assert.HasCount(1, resumed.Warnings);
        Assert.Contains("checkpoint-9", resumed.Warnings[0]);
        Assert.Contains(damage == "no manifest" ? "manifest.json" : "optimizer.safetensors", resumed.Warnings[0]);
    }

    [TestMethod]
    public void WhereNoneIsWholeItBeginsAnewAndDamagedOnesDoNotCount()
    {
        using var folder = new TemporaryFolder();
        Run(Sft(folder["run"]), stopAfter: 9);
        foreach (var checkpoint in Directory.GetDirectories(folder["run"], "checkpoint-*"))
            File.WriteAllText(Path.Combine(checkpoint, "trainer_state.json"), "{}");
        var one = Sft(folder["run"]);
        (one.SaveTotalLimit, one.SaveEverySteps) = (1, 5);
        var first = Run(one, stopAfter: 5);
        Assert.HasCount(2, first.Warnings);
        Assert.AreEqual("checkpoint-5", Path.GetFileName(Directory.GetDirectories(folder["run"], "checkpoint-*").Single()));
        var resumed = Run(one);
        Assert.AreEqual((Run(Sft()).Hash, 5), (resumed.Hash, resumed.Result!.ResumedFromStep!.Value));
    }

    /// <summary>As a full disk does it.</summary>
    [TestMethod]
    public void ACheckpointThatCannotBeWrittenLeavesTheOneBefore()
    {
        using var folder = new TemporaryFolder();
        using (var model = new CausalLM(TinyModel.Config(layers: 1), seed: 1))
        {
            int written = 0;
            var context = new TrainingContext { Seed = 4, ModelFiles = [("tokenizer.json", stream => { if (++written == 3) throw new IOException("No space left on device"); stream.WriteByte(1); })] };
            Assert.ThrowsExactly<IOException>(() => SftTrainer.Train(model, TinyModel.SftRows(11, maxLength: 14), TinyModel.SftRows(5, seed: 9, maxLength: 14), Sft(folder["run"]), context));
        }
        CollectionAssert.AreEquivalent(new[] { "checkpoint-3", "checkpoint-6" }, Directory.GetDirectories(folder["run"], "checkpoint-*").Select(d => Path.GetFileName(d)).ToArray());
        var resumed = Run(Sft(folder["run"]));
        Assert.AreEqual((Run(Sft()).Hash, 6), (resumed.Hash, resumed.Result!.ResumedFromStep!.Value));
    }

    [TestMethod]
    public void OldCheckpointsGoAndUnfinishedOnesAreSweptUp()
    {
        using var folder = new TemporaryFolder();
        string[] Names() => [.. Directory.GetDirectories(folder["run"], "checkpoint-*").Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];
        Directory.CreateDirectory(Path.Combine(folder["run"], "checkpoint-7.part"));
        Run(Sft(folder["run"]));
        CollectionAssert.AreEqual(new[] { "checkpoint-12", "checkpoint-9" }, Names());
        Directory.Delete(folder["run"], true);
        var all = Sft(folder["run"]);
        all.SaveTotalLimit = null;
        all.SaveStrategy = SaveStrategy.Epoch; // 3 steps of 2x2 rows are an epoch of 11
        Run(all);
        CollectionAssert.AreEqual(new[] { "checkpoint-12", "checkpoint-3", "checkpoint-6", "checkpoint-9" }, Names());

        var from = Sft(folder["elsewhere"]);
        from.ResumeFrom = Path.Combine(folder["run"], "checkpoint-6");
        var resumed = Run(from);
        Assert.AreEqual((Run(Sft()).Hash, 6), (resumed.Hash, resumed.Result!.ResumedFromStep!.Value));
        from.CheckpointFolder = folder["run"];
        Assert.Contains("checkpoint-12", Assert.ThrowsExactly<InvalidOperationException>(() => Run(from)).Message);
        from.ResumeFrom = folder["nowhere"];
        Assert.Contains("ResumeFrom", Assert.ThrowsExactly<InvalidDataException>(() => Run(from)).Message);
    }

    [TestMethod]
    public void OneRunAtATimeUsesAFolder()
    {
        using var folder = new TemporaryFolder();
        using (new CheckpointStore(folder["run"]))
            Assert.Contains("in use", Assert.ThrowsExactly<IOException>(() => Run(Sft(folder["run"]))).Message);
        Run(Sft(folder["run"]));
    }

    [TestMethod]
    public void ACheckpointsFolderHoldsTheWeightsByTheirNames()
    {
        using var folder = new TemporaryFolder();
        var (_, result, _) = Run(Sft(folder["run"]));
        var newest = Path.Combine(folder["run"], "checkpoint-12");
        using var model = Fixtures.Model(newest); // config.json and model.safetensors
        Assert.AreEqual(Worker.Hash(model, result!), Run(Sft()).Hash);
    }
}
