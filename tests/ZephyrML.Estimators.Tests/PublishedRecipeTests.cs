using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace ZephyrML.Estimators.Tests;

/// <summary>The published recipes, and where and in what numbers students are trained.</summary>
[TestClass]
public sealed class PublishedRecipeTests
{
    [TestMethod]
    public void TheRecipesHoldThePublishedValues()
    {
        var (v0, v1) = (Recipes.ZephyrV0, Recipes.ZephyrV1);
        string Sft(DistilledSftOptions o) => FormattableString.Invariant($"{o.LearningRate} {o.Schedule} {o.WarmupRatio} {o.BatchSize * o.AccumulationSteps} {o.MaxLength} {o.Packing} {o.Epochs} {o.Optimizer}");
        string Dpo(DistilledDpoOptions o) => FormattableString.Invariant($"{o.LearningRate} {o.Schedule} {o.WarmupRatio} {o.BatchSize * o.AccumulationSteps} {o.MaxLength} {o.Beta} {o.Epochs} {o.Optimizer} {o.Losses.Single()}");
        string Lora(LoraOptions? a) => FormattableString.Invariant($"{a!.Rank} {a.Alpha} {a.Dropout} {string.Join(",", a.TargetModules!)}");
        Assert.AreEqual("2E-05 Cosine 0 512 2048 BestFit 1 AdamW", Sft(v0.Sft()));
        Assert.AreEqual("5E-07 Linear 0.1 64 1024 0.1 3 RmsProp Sigmoid", Dpo(v0.Dpo()));
        Assert.AreEqual("64 16 0.1 q_proj,k_proj,v_proj,o_proj", Lora(v0.DpoWithAdapter().Adapter));
        Assert.AreEqual("2E-05 Cosine 0.1 128 2048 BestFit 1 AdamW", Sft(v1.Sft()));
        Assert.AreEqual("5E-07 Cosine 0.1 128 1024 0.01 1 AdamW Sigmoid", Dpo(v1.Dpo()));
        Assert.AreEqual("0.0002 Cosine 0.1 64 2048 BestFit 1 AdamW", Sft(v1.SftWithAdapter()));
        Assert.AreEqual("16 16 0.05 all-linear", Lora(v1.SftWithAdapter().Adapter));
        Assert.AreEqual("5E-06 Cosine 0.1 128 1024 0.01 1 AdamW Sigmoid", Dpo(v1.DpoWithAdapter()));
        Assert.AreEqual("128 128 0.05 all-linear", Lora(v1.DpoWithAdapter().Adapter));
        Assert.IsTrue(v1.SftWithAdapter().Quantization is not null && v1.DpoWithAdapter().Quantization is not null && v0.DpoWithAdapter().Quantization is null);
        Assert.Contains("no adapter for dSFT", Assert.ThrowsExactly<InvalidOperationException>(() => v0.SftWithAdapter()).Message);
        foreach (var sft in new[] { v0.Sft("m"), v1.Sft("m"), v1.SftWithAdapter("m") })
            sft.Validate();
        foreach (var dpo in new[] { v0.Dpo(), v0.DpoWithAdapter(), v1.Dpo(), v1.DpoWithAdapter() })
            dpo.Validate();
    }

    [TestMethod]
    public void EachCallGivesOptionsOfItsOwn()
    {
        var changed = Recipes.ZephyrV1.SftWithAdapter("m");
        (changed.LearningRate, changed.Adapter!.Rank) = (1, 1);
        Assert.AreEqual((2e-4, 16, null), (Recipes.ZephyrV1.SftWithAdapter().LearningRate, Recipes.ZephyrV1.SftWithAdapter().Adapter!.Rank, Recipes.ZephyrV1.Sft().BaseModel));
    }

    [TestMethod]
    public void ARecipeTrainsAsItStands()
    {
        using var lab = new Lab();
        var sft = Recipes.ZephyrV1.Sft(lab.BaseModel);
        (sft.MaxLength, sft.MaxNewTokens) = (64, 4);
        var dpo = Recipes.ZephyrV1.DpoWithAdapter();
        dpo.MaxLength = 64;
        using var student = lab.Z.DistilledSft(sft).Fit(lab.Chats);
        using var aligned = lab.Z.DistilledDpo(student, dpo).Fit(lab.Pairs);
        Assert.HasCount(2, lab.Ask(aligned, Lab.Questions[..2]));
        Assert.IsTrue(lab.Log.Any(line => line.Contains("Memory expected:", StringComparison.Ordinal)), string.Join("\n", lab.Log));
        Assert.IsTrue(lab.Log.Any(line => line.Contains("of memory so far", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void AGpuThatIsNotThereIsAnErrorOrTheCpu()
    {
        if (TorchSharp.torch.cuda.is_available())
            Assert.Inconclusive("This machine has a GPU.");
        using var lab = new Lab();
        var options = lab.Sft;
        options.GpuDeviceId = 0;
        Assert.Contains("GPU 0", Assert.ThrowsExactly<InvalidOperationException>(() => lab.Z.DistilledSft(options).Fit(lab.Chats)).Message);
        lab.Ml.GpuDeviceId = 3;
        Assert.Contains("GPU 3", Assert.ThrowsExactly<InvalidOperationException>(() => lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats)).Message);
        lab.Ml.FallbackToCpu = true;
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        Assert.IsTrue(lab.Log.Any(line => line.Contains("computing on the CPU instead", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void StudentsTrainedInBFloat16AnswerSaveAndGoOn()
    {
        using var lab = new Lab();
        var sft = lab.Sft;
        sft.Precision = Precision.BFloat16;
        using var student = lab.Z.DistilledSft(sft).Fit(lab.Chats);
        var dpo = lab.Dpo;
        dpo.Precision = Precision.BFloat16;
        using var aligned = lab.Z.DistilledDpo(student, dpo).Fit(lab.Pairs);
        using var inFloat32 = lab.Z.DistilledDpo(student, lab.Dpo).Fit(lab.Pairs);
        Assert.AreNotEqual(aligned.Info.Last.Weights, inFloat32.Info.Last.Weights);
        Assert.AreEqual(student.Info.Last.Weights, inFloat32.Info.Last.StartWeights);
        var zip = lab.PathOf("low.zip");
        lab.Ml.Model.Save(aligned, lab.Prompts.Schema, zip);
        var loaded = new MLContext().Model.Load(zip, out _);
        Assert.HasCount(Lab.Questions.Length, lab.Ask(loaded, Lab.Questions));
        (loaded as IDisposable)?.Dispose();
    }
}
