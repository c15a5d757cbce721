using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;
using ZephyrML.Training;

namespace ZephyrML.Estimators.Tests;

/// <summary>What users write, as the documentation has it: that it compiles is the first test, target-typed <c>new()</c> above all.</summary>
[TestClass]
public sealed class UsageTests
{
    [TestMethod]
    public void TheRecipeAsOneObject()
    {
        using var lab = new Lab();
        var (ml, z, prompts) = (lab.Ml, lab.Z, lab.Prompts);
        IChatClient gpt = lab.Teacher, llama = lab.Good, mistral = lab.Bad;
        IChatClient teacher = TeacherClient.Create(gpt, new() { Name = "gpt-4.1", Cache = lab.PathOf("teacher.db"), MaxConcurrency = 16 });
        var pool = new CandidatePool { ["llama"] = llama, ["mistral"] = mistral, ["gpt-4.1"] = teacher };

        var pipeline = z.TeacherGenerate(teacher, pool)
            .Append(z.Rank(lab.Judge, new() { Rejected = RejectedPolicy.Random, MinScoreGap = 0.5f }))
            .Append(z.DistilledSft(new() { BaseModel = lab.BaseModel, LearningRate = 2e-5, Epochs = 1, Packing = Packing.BestFit, MaxLength = 64, MaxNewTokens = 4 }))
            .Append(z.DistilledDpo(new() { Beta = 0.1, LearningRate = 5e-6, Epochs = 3, Adapter = new LoraOptions { Rank = 16, Alpha = 32 }, MaxLength = 64 }));
        Assert.IsNotNull(z.Rank(teacher, new() { Rejected = RejectedPolicy.Random, MinScoreGap = 0.5f }));
        ITransformer model = pipeline.Fit(prompts);
        ml.Model.Save(model, prompts.Schema, lab.PathOf("zephyr.zip"));
        var paid = lab.Teacher.Calls;
        Assert.AreEqual(2 * Lab.Questions.Length, paid, "the response, and the candidate of the same model at another temperature");

        using var again = pipeline.Fit(prompts);
        Assert.AreEqual(paid, lab.Teacher.Calls, "the cache answers a second run");
        ITransformer loaded = ml.Model.Load(lab.PathOf("zephyr.zip"), out DataViewSchema schema);
        Assert.IsNotNull(schema);
        Assert.HasCount(1, lab.Ask(loaded, "Is it fine?"));
        teacher.Dispose();
    }

    [TestMethod]
    public void OneStageAloneFromFilesAndAskingIt()
    {
        using var lab = new Lab();
        var (ml, z) = (lab.Ml, lab.Z);
        File.WriteAllLines(lab.PathOf("ultrachat.jsonl"), Lab.Questions.Select(q => $$"""{"messages":[{"role":"user","content":"{{q}}"},{"role":"assistant","content":"It is fine."}]}"""));
        File.WriteAllLines(lab.PathOf("ultrafeedback.jsonl"), Lab.Questions.Select(q => $$"""{"prompt":"{{q}}","chosen":"It is fine.","rejected":"No."}"""));

        IDataView chats = z.LoadJsonl(lab.PathOf("ultrachat.jsonl"));
        var sft = z.DistilledSft(new() { BaseModel = lab.BaseModel, MaxLength = 64, MaxNewTokens = 4 }).Fit(chats);
        IDataView pairs = z.LoadJsonl(lab.PathOf("ultrafeedback.jsonl"));
        var dpo = z.DistilledDpo(sft, new() { Beta = 0.05, Losses = [DpoLoss.Sigmoid], MaxLength = 64 }).Fit(pairs);

        using var engine = ml.Model.CreatePredictionEngine<Prompt, Reply>(dpo);
        Assert.IsNotNull(engine.Predict(new Prompt { Text = "Will it rain tomorrow?" }).Text);
        IDataView replies = dpo.Transform(lab.Prompts);
        Assert.HasCount(6, replies.GetColumn<string>("Reply").ToList());
        dpo.SaveHuggingFace(lab.PathOf("out/zephyr"), merged: true);
        dpo.SaveGguf(lab.PathOf("out/zephyr.gguf"), GgufType.Q8_0);
        var adapted = z.DistilledDpo(sft, new() { Adapter = new LoraOptions { Rank = 16, Alpha = 32 }, MaxLength = 64, MaxSteps = 1 }).Fit(pairs);
        adapted.SaveAdapter(lab.PathOf("out/adapter"));
        adapted.SaveHuggingFace(lab.PathOf("out/adapted"), merged: true);
        adapted.SaveGguf(lab.PathOf("out/adapted.gguf"), GgufType.Q8_0);
        using var fromGguf = z.LoadStudent(lab.PathOf("out/adapted.gguf"));
        Assert.HasCount(6, fromGguf.Transform(lab.Prompts).GetColumn<string>("Reply").ToList());
        sft.Dispose();
    }

    [TestMethod]
    public void DataThatGrowsStandsBeforeTheChain()
    {
        using var lab = new Lab();
        var (z, seeds, teacher) = (lab.Z, lab.Prompts, lab.Teacher);
        IDataView dialogues = z.SelfInstruct(seeds, teacher, new() { TargetSize = 6, Rounds = 3, MaxRougeL = 0.7, ContinueFrom = lab.PathOf("dialogues.jsonl") });
        using var student = z.DistilledSft(lab.Sft).Fit(dialogues);
        Assert.AreEqual(6, student.Info.Last.RowsUsed);
    }

    [TestMethod]
    public void TheContextsSeedDecidesTheCatalogs()
    {
        Assert.AreEqual(new MLContext(7).Zephyr().Seed, new MLContext(7).Zephyr().Seed);
        Assert.AreNotEqual(new MLContext(7).Zephyr().Seed, new MLContext(8).Zephyr().Seed);
        Assert.AreEqual(5, new MLContext(7).Zephyr(o => o.Seed = 5).Seed);
        Assert.Throws<ArgumentException>(() => new MLContext().Zephyr(o => o.MaxConcurrency = 0));
    }
}
