using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>Both trainers on a model with an adapter, on whole and on quantised weights.</summary>
[TestClass]
public class AdapterTrainingTests
{
    private static SftOptions Sft(Action<SftOptions>? change = null)
    {
        var options = new SftOptions { LearningRate = 2e-2, MaxLength = 32, BatchSize = 4, MaxSteps = 6, Packing = Packing.None, WarmupRatio = 0, Schedule = LearningRateSchedule.Constant, LogEverySteps = 1, GroupByLength = false, AdamEpsilon = 1e-4 };
        change?.Invoke(options);
        return options;
    }

    private static DpoOptions Dpo(Action<DpoOptions>? change = null)
    {
        var options = new DpoOptions { LearningRate = 2e-2, MaxLength = 32, BatchSize = 4, MaxSteps = 5, WarmupRatio = 0, Schedule = LearningRateSchedule.Constant, LogEverySteps = 1, GroupByLength = false, AdamEpsilon = 1e-4 };
        change?.Invoke(options);
        return options;
    }

    private static LoraOptions Lora(Action<LoraOptions>? change = null)
    {
        var options = new LoraOptions { Rank = 4, Alpha = 8, TargetModules = [LoraOptions.AllLinear] };
        change?.Invoke(options);
        return options;
    }

    private static CausalLM Model(LoraOptions? adapter, Nf4Options? quantization = null)
    {
        var model = TinyModel.Create();
        if (quantization is not null) model.Quantize(quantization);
        if (adapter is not null) model.AddAdapter(adapter, seed: 5);
        return model;
    }

    private static float[] Adapter(CausalLM model) => [.. model.Adapter!.Weights.SelectMany(w => Fixtures.Values(w.Weight))];

    private static float[] Base(CausalLM model) => [.. model.NamedWeights.SelectMany(w => Fixtures.Values(w.Weight))];

    private static float[] Logits(CausalLM model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Fixtures.Values(model.Logits(model.Hidden(tensor(Enumerable.Range(3, 12).Select(i => (long)i).ToArray(), [1, 12]))));
    }

    private static (float[] Adapter, T Result) Run<T>(CausalLM model, Func<CausalLM, T> train)
    {
        using (model)
        {
            var result = train(model);
            return (Adapter(model), result);
        }
    }

    [TestMethod]
    public void OnlyTheAdapterMoves_AndMergedIsUnmerged()
    {
        foreach (bool dora in new[] { false, true })
        {
            using var model = Model(Lora(o => (o.UseDora, o.ModulesToSave, o.Bias) = (dora, ["model.norm"], LoraBias.All)));
            float[] before = Base(model), adapter = Adapter(model), plain = Logits(model);
            var result = SftTrainer.Train(model, TinyModel.SftRows(8), null, Sft(), new() { Seed = 3 });
            Assert.IsLessThan(result.Steps[0]["loss"] - 0.2, result.Steps[^1]["loss"]);
            CollectionAssert.AreEqual(before, Base(model), "the base");
            Assert.IsTrue(model.Adapter!.Weights.All(w => w.Weight.grad is null));
            var trained = Logits(model);
            using (model.Adapter.Off()) CollectionAssert.AreEqual(plain, Logits(model), "off");
            model.Adapter.Merge();
            TinyModel.AssertClose(trained, Logits(model), 1e-5, "merged");
            model.Adapter.Unmerge();
            TinyModel.AssertClose(before, Base(model), 1e-6, "unmerged");
        }
    }

    [TestMethod]
    public void AdapterOffIsTheStartIsAFrozenCopy()
    {
        var pairs = TinyModel.Pairs(12);
        var (start, a) = Run(Model(Lora()), m => DpoTrainer.Train(m, pairs, TinyModel.Pairs(4, seed: 9), Dpo(), new() { Seed = 3 }));
        var (off, b) = Run(Model(Lora()), m => DpoTrainer.Train(m, pairs, null, Dpo(o => o.ReferenceWithoutAdapter = true), new() { Seed = 3 }));
        var (copy, c) = Run(Model(Lora()), m => DpoTrainer.Train(m, pairs, null, Dpo(o => (o.SyncReference, o.ReferenceSyncSteps) = (true, 1000)), new() { Seed = 3 }));
        Assert.AreEqual(Math.Log(2), a.Steps[0]["loss"], 1e-6);
        Assert.IsGreaterThan(a.Steps[0]["rewards/margins"], a.Steps[^1]["rewards/margins"]);
        TinyModel.AssertClose(start, off, 1e-5, "adapter off");
        TinyModel.AssertClose(start, copy, 1e-5, "a frozen copy");
        for (int i = 0; i < a.Steps.Count; i++)
        {
            Assert.AreEqual(a.Steps[i]["loss"], b.Steps[i]["loss"], 1e-5);
            Assert.AreEqual(a.Steps[i]["loss"], c.Steps[i]["loss"], 1e-5);
        }
    }

    [TestMethod]
    public void AnAdapterThatWasTrainedIsHeldToItself_UnlessToTheBase()
    {
        var pairs = TinyModel.Pairs(12);
        double First(Action<DpoOptions> change)
        {
            using var model = Model(Lora(o => o.Init = LoraInit.Random));
            var result = DpoTrainer.Train(model, pairs, null, Dpo(change), new() { Seed = 3 });
            Assert.IsTrue(model.Adapter!.Weights.All(w => w.Weight.isfinite().all().item<bool>()));
            return result.Steps[0]["loss"];
        }
        Assert.AreEqual(Math.Log(2), First(_ => { }), 1e-6);
        Assert.AreEqual(Math.Log(2), First(o => (o.SyncReference, o.ReferenceSyncSteps, o.ReferenceMixup) = (true, 2, 0.5)), 1e-6);
        Assert.IsGreaterThan(1e-3, Math.Abs(Math.Log(2) - First(o => o.ReferenceWithoutAdapter = true)));
    }

    [TestMethod]
    public void AMovingReferenceTakesUpTheAdapter()
    {
        using var model = Model(Lora());
        var result = DpoTrainer.Train(model, TinyModel.Pairs(4), null, Dpo(o => (o.SyncReference, o.ReferenceSyncSteps, o.ReferenceMixup) = (true, 2, 1)), new() { Seed = 3 });
        Assert.AreEqual(Math.Log(2), result.Steps[2]["loss"], 1e-6, "after two steps the reference is the policy");
        Assert.AreNotEqual(Math.Log(2), result.Steps[1]["loss"], 1e-4);
    }

    [TestMethod]
    public void DropoutActsInSftByTheSeed_NotInDpo()
    {
        var rows = TinyModel.SftRows(8);
        float[] Trained(int seed, bool recompute, double dropout) => Run(Model(Lora(o => o.Dropout = dropout)),
            m => SftTrainer.Train(m, rows, null, Sft(o => (o.RecomputeActivations, o.Shuffle) = (recompute, false)), new() { Seed = seed })).Adapter;
        var dropped = Trained(3, false, 0.3);
        CollectionAssert.AreEqual(dropped, Trained(3, false, 0.3));
        CollectionAssert.AreEqual(dropped, Trained(3, true, 0.3), "what is computed again drops the same");
        CollectionAssert.AreNotEqual(dropped, Trained(4, false, 0.3));
        CollectionAssert.AreNotEqual(dropped, Trained(3, false, 0));
        CollectionAssert.AreEqual(Trained(3, false, 0), Trained(4, false, 0));
        float[] Preferring(double dropout) => Run(Model(Lora(o => o.Dropout = dropout)), m => DpoTrainer.Train(m, TinyModel.Pairs(8), null, Dpo(), new() { Seed = 3 })).Adapter;
        CollectionAssert.AreEqual(Preferring(0), Preferring(0.5));
    }

    [TestMethod]
    public void FourBitsLearn_AndComputingAgainChangesNothing()
    {
        var rows = TinyModel.SftRows(8);
        var pairs = TinyModel.Pairs(8);
        float[]? first = null;
        foreach (bool recompute in new[] { false, true })
        {
            using var model = Model(Lora(), new Nf4Options { BlockSize = 32 });
            var sft = SftTrainer.Train(model, rows, rows[..2], Sft(o => (o.RecomputeActivations, o.MaxSteps) = (recompute, 12)), new() { Seed = 3 });
            Assert.IsLessThan(sft.Steps[0]["loss"] - 0.5, sft.Steps[^1]["loss"]);
            var dpo = DpoTrainer.Train(model, pairs, null, Dpo(o => o.RecomputeActivations = recompute), new() { Seed = 3 });
            Assert.AreEqual(Math.Log(2), dpo.Steps[0]["loss"], 1e-6);
            Assert.IsLessThan(0.6, dpo.Steps[^1]["loss"]);
            if (first is null) first = Adapter(model);
            else CollectionAssert.AreEqual(first, Adapter(model));
        }
    }

    [TestMethod]
    public void ABaseInBFloat16CarriesAnAdapterInFloat32()
    {
        using var whole = TinyModel.Create();
        using var model = whole.Clone(dataType: ScalarType.BFloat16);
        model.AddAdapter(Lora(o => (o.UseDora, o.ModulesToSave) = (true, ["lm_head"])), 5);
        var result = SftTrainer.Train(model, TinyModel.SftRows(8), null, Sft(o => (o.Precision, o.MaxSteps) = (Precision.BFloat16, 12)), new() { Seed = 3 });
        Assert.IsLessThan(result.Steps[0]["loss"] - 0.3, result.Steps[^1]["loss"]);
        Assert.IsTrue(model.NamedWeights.All(w => w.Weight.dtype == ScalarType.BFloat16));
        Assert.IsTrue(model.Adapter!.Weights.All(w => w.Weight.dtype == (w.Name.Contains("lora_") ? ScalarType.Float32 : ScalarType.BFloat16)));
    }

    [TestMethod]
    public void TheReferencesCacheTellsAdaptersApart()
    {
        using var folder = new TemporaryFolder();
        var pairs = TinyModel.Pairs(6);
        bool FromCache(Action<LoraOptions>? change = null, Action<DpoOptions>? dpo = null, Nf4Options? quantization = null) =>
            Run(Model(Lora(o =>
            {
                o.Init = LoraInit.Random;
                change?.Invoke(o);
            }), quantization), m => DpoTrainer.Train(m, pairs, null, Dpo(dpo), new() { Seed = 3, CacheFolder = folder.Path })).Result.ReferenceFromCache;
        Assert.IsFalse(FromCache());
        Assert.IsTrue(FromCache());
        Assert.IsFalse(FromCache(o => o.Rank = 2));
        Assert.IsFalse(FromCache(o => o.Alpha = 9), "equal weights, another scale");
        Assert.IsFalse(FromCache(dpo: o => o.ReferenceWithoutAdapter = true));
        Assert.IsFalse(FromCache(quantization: new Nf4Options()));
    }
}
