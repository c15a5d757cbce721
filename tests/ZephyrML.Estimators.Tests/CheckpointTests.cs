using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace ZephyrML.Estimators.Tests;

/// <summary>Fit with a folder for checkpoints: stopped, and run again.</summary>
[TestClass]
public sealed class CheckpointTests
{
    private sealed class StopAt(string stage, int step, CancellationTokenSource source) : IProgress<ZephyrProgress>
    {
        public void Report(ZephyrProgress value)
        {
            if (value.Stage == stage && value.Done == step)
                source.Cancel();
        }
    }

    private static DistilledSftOptions Sft(Lab lab, string? folder)
    {
        var options = lab.Sft;
        (options.MaxSteps, options.LogEverySteps, options.SaveEverySteps, options.CheckpointFolder) = (8, 1, 2, folder);
        return options;
    }

    private static DistilledDpoOptions Dpo(Lab lab, string? folder)
    {
        var options = lab.Dpo;
        (options.MaxSteps, options.LogEverySteps, options.SaveEverySteps, options.CheckpointFolder) = (8, 1, 2, folder);
        return options;
    }

    [TestMethod]
    public void AStoppedRecipeGoesOnAndFinishedStagesAreNotTrainedAgain()
    {
        using var plain = new Lab();
        using var expected = plain.Z.DistilledSft(Sft(plain, null)).Append(plain.Z.DistilledDpo(Dpo(plain, null))).Fit(Both(plain));
        using var stop = new CancellationTokenSource();
        using (var stopped = new Lab(configure: o => (o.CancellationToken, o.Progress) = (stop.Token, new StopAt("dDPO", 5, stop))))
        using (var lab = new Lab())
        {
            Assert.Throws<OperationCanceledException>(() =>
                stopped.Z.DistilledSft(Sft(stopped, lab.PathOf("sft"))).Append(stopped.Z.DistilledDpo(Dpo(stopped, lab.PathOf("dpo")))).Fit(Both(stopped)));

            var (sft, dpo) = (lab.Z.DistilledSft(Sft(lab, lab.PathOf("sft"))), lab.Z.DistilledDpo(Dpo(lab, lab.PathOf("dpo"))));
            using var model = sft.Append(dpo).Fit(Both(lab));
            Assert.AreEqual((8, 5), (sft.LastResult!.ResumedFromStep!.Value, dpo.LastResult!.ResumedFromStep!.Value));
            Assert.AreEqual(expected.LastTransformer.Info.Last.Weights, model.LastTransformer.Info.Last.Weights);
            CollectionAssert.AreEqual(expected.LastTransformer.Info.Last.Metrics.ToList(), model.LastTransformer.Info.Last.Metrics.ToList());
            Assert.DoesNotContain(lab.Folder, model.LastTransformer.Info.Last.Options);

            // A checkpoint's folder is a model's folder, tokenizer and template included, and says where it comes from.
            var newest = Path.Combine(lab.PathOf("dpo"), "checkpoint-8");
            using var loaded = LanguageModel.Load(newest);
            Assert.AreEqual(model.LastTransformer.Info.Last.Weights, loaded.WeightsHash);
            Assert.AreEqual("zephyr", loaded.Template.Name);
            Assert.Contains(model.LastTransformer.Info.Last.StartWeights, File.ReadAllText(Path.Combine(newest, "trainer_state.json")));
        }
    }

    [TestMethod]
    public void WithoutAFixedSeedItGoesOnWithTheSeedItHad()
    {
        using var places = new Lab();
        using var stop = new CancellationTokenSource();
        using var first = new Lab(seed: 1, o => (o.CancellationToken, o.Progress) = (stop.Token, new StopAt("dSFT", 3, stop)));
        Assert.Throws<OperationCanceledException>(() => first.Z.DistilledSft(Sft(first, places.PathOf("sft"))).Fit(first.Chats));
        using var second = new Lab(seed: 2);
        var estimator = second.Z.DistilledSft(Sft(second, places.PathOf("sft")));
        using var student = estimator.Fit(second.Chats);
        Assert.AreEqual(3, estimator.LastResult!.ResumedFromStep);
        using var plain = new Lab(seed: 1);
        using var expected = plain.Z.DistilledSft(Sft(plain, null)).Fit(plain.Chats);
        Assert.AreEqual((expected.Info.Last.Seed, expected.Info.Last.Weights), (student.Info.Last.Seed, student.Info.Last.Weights));

        var fixedSeed = Sft(second, places.PathOf("sft"));
        fixedSeed.Seed = 77;
        Assert.Contains("seed: now 77", Assert.Throws<InvalidOperationException>(() => second.Z.DistilledSft(fixedSeed).Fit(second.Chats)).Message);
    }

    [TestMethod]
    public void AnAdaptersCheckpointIsAnAdaptersFolder()
    {
        using var lab = new Lab();
        using var stop = new CancellationTokenSource();
        using var stopped = new Lab(configure: o => (o.CancellationToken, o.Progress) = (stop.Token, new StopAt("dSFT", 3, stop)));
        DistilledSftOptions Options(Lab where, string? folder)
        {
            var options = Sft(where, folder);
            (options.BaseModel, options.Adapter) = (lab.BaseModel, new LoraOptions { Rank = 4, Alpha = 8, Dropout = 0.1 });
            return options;
        }
        using var expected = lab.Z.DistilledSft(Options(lab, null)).Fit(lab.Chats);
        Assert.Throws<OperationCanceledException>(() => stopped.Z.DistilledSft(Options(stopped, lab.PathOf("lora"))).Fit(stopped.Chats));
        var estimator = lab.Z.DistilledSft(Options(lab, lab.PathOf("lora")));
        using var student = estimator.Fit(lab.Chats);
        Assert.AreEqual((3, expected.Info.Last.Weights), (estimator.LastResult!.ResumedFromStep!.Value, student.Info.Last.Weights));
        using var loaded = LanguageModel.Load(Path.Combine(lab.PathOf("lora"), "checkpoint-8"));
        Assert.AreEqual(student.Info.Last.Weights, loaded.WeightsHash);
    }

    [TestMethod]
    public void HeldOutRowsStopEarlyAndPickTheBest()
    {
        using var lab = new Lab();
        var rows = Enumerable.Range(0, 24).Select(i => new Lab.Row { Prompt = $"Is it {i}?", Response = i % 2 == 0 ? "It is fine." : "No." }).ToArray();
        var options = Sft(lab, lab.PathOf("sft"));
        (options.EvaluationFraction, options.EvaluateEverySteps, options.EarlyStoppingPatience, options.LoadBestModelAtEnd) = (0.3, 1, 2, true);
        (options.MaxSteps, options.LearningRate, options.Schedule) = (200, 3e-2, LearningRateSchedule.Constant);
        var estimator = lab.Z.DistilledSft(options);
        using var student = estimator.Fit(lab.Rows(rows));
        var result = estimator.LastResult!;
        Assert.IsTrue(result.StoppedEarly);
        Assert.AreEqual(result.Evaluations.Skip(1).Min(e => e["eval_loss"]), result.BestMetric);
        using var best = LanguageModel.Load(Path.Combine(lab.PathOf("sft"), $"checkpoint-{result.BestStep}"));
        Assert.AreEqual(best.WeightsHash, student.Info.Last.Weights);
    }

    [TestMethod]
    public void AnotherTemplateIsAnotherRunAndAnotherReference()
    {
        using var places = new Lab();
        using var lab = new Lab(configure: o => o.CacheFolder = places.PathOf("cache"));
        var other = places.PathOf("other");
        Directory.CreateDirectory(other);
        foreach (var file in Directory.GetFiles(lab.BaseModel).Where(f => Path.GetFileName(f) != "zephyr.json"))
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(other, "chat_template.jinja"), "{% for m in messages %}[{{ m['role'] }}]\n{{ m['content'] }}{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}[assistant]\n{% endif %}");

        DpoResult Fit(string baseModel, string? folder, string? system = null)
        {
            var options = Dpo(lab, folder);
            (options.BaseModel, options.SystemPrompt) = (baseModel, system);
            var estimator = lab.Z.DistilledDpo(options);
            estimator.Fit(lab.Pairs).Dispose();
            return estimator.LastResult!;
        }
        Assert.IsFalse(Fit(lab.BaseModel, null).ReferenceFromCache);
        Assert.IsTrue(Fit(lab.BaseModel, places.PathOf("dpo")).ReferenceFromCache);
        Assert.IsFalse(Fit(other, null).ReferenceFromCache, "the template is in the key");
        Assert.IsFalse(Fit(lab.BaseModel, null, "Be brief.").ReferenceFromCache, "the system turn is in the key");
        Assert.Contains("training rows: now", Assert.Throws<InvalidOperationException>(() => Fit(other, places.PathOf("dpo"))).Message);
    }

    private static Microsoft.ML.IDataView Both(Lab lab) =>
        lab.Rows([.. Lab.Questions.Select(text => new Lab.Row { Prompt = text, Response = $"It is fine: {text}", Chosen = $"It is fine: {text}", Rejected = "No." })]);
}
