using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Estimators.Tests;

/// <summary>What DistilledSft and DistilledDpo read, where dDPO starts, and what they leave alone.</summary>
[TestClass]
public sealed class TrainerTests
{
    [TestMethod]
    public void RowsWithoutAResponseOrADialogueAreSkippedAndCounted()
    {
        using var lab = new Lab();
        var data = lab.Rows(
            new() { Prompt = "a", Response = "b" },
            new() { Prompt = "only asked" },
            new() { Messages = """[{"role":"system","content":"Be brief."},{"role":"user","content":"c"},{"role":"assistant","content":"d"}]""" },
            new() { Prompt = "e", Response = "f" });
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(data);
        Assert.AreEqual(3, student.Info.Last.RowsUsed);
        Assert.AreEqual(1, student.Info.Last.RowsSkipped);
        Assert.IsTrue(lab.Log.Any(line => line.Contains("3 rows used, 1 skipped", StringComparison.Ordinal)), string.Join("\n", lab.Log));
    }

    [TestMethod]
    public void TheSystemTurnOfMessagesAndTheOptionsSystemPromptReachTheModel()
    {
        using var lab = new Lab();
        using var plain = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var options = lab.Sft;
        options.SystemPrompt = "It is fine: Will it snow? Is there fog?";
        using var prompted = lab.Z.DistilledSft(options).Fit(lab.Chats);
        Assert.AreNotEqual(plain.Info.Last.Weights, prompted.Info.Last.Weights, "the system turn stands in the training text");
        var asPrompt = lab.Rows(new Lab.Row { Prompt = Lab.Questions[0] });
        var asMessages = lab.Rows(new Lab.Row { Prompt = "ignored", Messages = $$"""[{"role":"user","content":"{{Lab.Questions[0]}}"}]""" });
        CollectionAssert.AreEqual(plain.Transform(asPrompt).GetColumn<string>("Reply").ToList(), plain.Transform(asMessages).GetColumn<string>("Reply").ToList());
    }

    [TestMethod]
    public void AMalformedDialogueNamesItsRow()
    {
        using var lab = new Lab();
        var error = Assert.Throws<FormatException>(() => lab.Z.DistilledSft(lab.Sft).Fit(lab.Rows(new() { Prompt = "a", Response = "b" }, new() { Messages = "[{\"role\":\"robot\",\"content\":\"x\"}]" })));
        StringAssert.Contains(error.Message, "Row 1");
        StringAssert.Contains(error.Message, "robot");
    }

    [TestMethod]
    public void NothingToTrainOnIsAnError()
    {
        using var lab = new Lab();
        var error = Assert.Throws<InvalidOperationException>(() => lab.Z.DistilledSft(lab.Sft).Fit(lab.Rows(new Lab.Row { Prompt = "a" })));
        StringAssert.Contains(error.Message, "Response");
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        error = Assert.Throws<InvalidOperationException>(() => lab.Z.DistilledDpo(student, lab.Dpo).Fit(lab.Chats));
        StringAssert.Contains(error.Message, "Chosen");
    }

    [TestMethod]
    public void DpoStartsFromAFittedStudentAndLeavesItAsItIs()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var before = sft.Student.Weights.Model.WeightsHash;
        var replies = lab.Ask(sft, Lab.Questions);
        using var dpo = lab.Z.DistilledDpo(sft, lab.Dpo).Fit(lab.Pairs);
        sft.Student.Weights.Model.WeightsChanged();
        Assert.AreEqual(before, sft.Student.Weights.Model.WeightsHash);
        CollectionAssert.AreEqual(replies, lab.Ask(sft, Lab.Questions));
        Assert.AreEqual(before, dpo.Info.Last.StartWeights);
        Assert.AreNotEqual(before, dpo.Info.Last.Weights);
        Assert.IsTrue(lab.Log.Any(line => line.Contains("dDPO: 6 rows used, 0 skipped", StringComparison.Ordinal)), string.Join("\n", lab.Log));
        Assert.AreEqual(8, dpo.Student.Settings.MaxNewTokens, "as the starting student");
    }

    [TestMethod]
    public void DpoStartsFromASavedModelsStudentOrFromAFolder()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        lab.Ml.Model.Save(sft, lab.Prompts.Schema, lab.PathOf("sft.zip"));
        using var dpo = lab.Z.DistilledDpo(lab.Ml.Model.Load(lab.PathOf("sft.zip"), out _), lab.Dpo).Fit(lab.Pairs);
        Assert.AreEqual(sft.Info.Last.Weights, dpo.Info.Last.StartWeights);
        var options = lab.Dpo;
        options.BaseModel = lab.BaseModel;
        using var alone = lab.Z.DistilledDpo(options).Fit(lab.Pairs);
        Assert.AreEqual("base", alone.Info.Last.BaseModel);
    }

    [TestMethod]
    public void NoStartAndTwoStartsAreErrorsThatNameTheWays()
    {
        using var lab = new Lab();
        var none = Assert.Throws<InvalidOperationException>(() => lab.Z.DistilledDpo(lab.Dpo).Fit(lab.Pairs));
        StringAssert.Contains(none.Message, "BaseModel");
        StringAssert.Contains(none.Message, "DistilledSft");

        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        using var other = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var both = lab.Dpo;
        both.BaseModel = lab.BaseModel;
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => lab.Z.DistilledDpo(sft, both)).Message, "BaseModel");
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => lab.Z.DistilledDpo(both).Fit(sft.Transform(lab.Pairs))).Message, "BaseModel");
        Assert.Throws<InvalidOperationException>(() => lab.Z.DistilledDpo(other, lab.Dpo).Fit(sft.Transform(lab.Pairs)));
        using var same = lab.Z.DistilledDpo(sft, lab.Dpo).Fit(sft.Transform(lab.Pairs));
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => lab.Z.DistilledDpo(lab.Z.Rank(lab.Judge).Fit(lab.Ml.Data.LoadFromEnumerable(new List<Ranked> { new() })), lab.Dpo)).Message, "no student");
    }

    [TestMethod]
    public void TheStudentInTheSchemaSurvivesACache()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        using var dpo = lab.Z.DistilledDpo(lab.Dpo).Fit(lab.Ml.Data.Cache(sft.Transform(lab.Pairs), "Prompt", "Chosen", "Rejected"));
        Assert.AreEqual(sft.Info.Last.Weights, dpo.Info.Last.StartWeights);
    }

    [TestMethod]
    public void HeldOutRowsAreEvaluatedAndNotTrainedOn()
    {
        using var lab = new Lab();
        var rows = Enumerable.Range(0, 40).Select(i => new Lab.Row { Prompt = $"Is it {i}?", Chosen = "It is fine.", Rejected = "No." }).ToArray();
        var options = lab.Dpo;
        options.BaseModel = lab.BaseModel;
        options.EvaluationFraction = 0.25;
        var estimator = lab.Z.DistilledDpo(options);
        using var dpo = estimator.Fit(lab.Rows(rows));
        var step = dpo.Info.Last;
        Assert.AreEqual(40, step.RowsUsed + step.RowsHeldOut);
        Assert.IsGreaterThan(2, step.RowsHeldOut);
        Assert.IsNotNull(estimator.LastResult!.EvaluationAfter);

        using var given = estimator.Fit(lab.Rows(rows[..30]), lab.Rows(rows[30..]));
        Assert.AreEqual(10, given.Info.Last.RowsHeldOut);
        Assert.AreEqual(30, given.Info.Last.RowsUsed);
    }

    [TestMethod]
    public void ProgressAndCancellationComeFromTheCatalog()
    {
        using var source = new CancellationTokenSource();
        var seen = new List<ZephyrProgress>();
        using var lab = new Lab(configure: o =>
        {
            o.CancellationToken = source.Token;
            o.Progress = new Now(seen);
        });
        var options = lab.Sft;
        options.MaxSteps = 20;
        options.LogEverySteps = 1;
        using (lab.Z.DistilledSft(options).Fit(lab.Chats))
        {
            Assert.IsTrue(seen.Any(p => p.Stage == "dSFT" && p.Total == 20 && p.Metrics.ContainsKey("loss")));
            Assert.IsTrue(lab.Log.Any(line => line.Contains("tokens/s", StringComparison.Ordinal)));
        }
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => lab.Z.DistilledSft(options).Fit(lab.Chats));
    }

    [TestMethod]
    public void WrongOptionsAndColumnsAreNamed()
    {
        using var lab = new Lab();
        var error = Assert.Throws<ArgumentException>(() => lab.Z.DistilledSft(new() { LearningRate = -1, ReplyColumn = "", ChatTemplate = "klingon" }));
        foreach (var name in new[] { "BaseModel", "LearningRate", "ReplyColumn", "ChatTemplate" })
            StringAssert.Contains(error.Message, name);
        StringAssert.Contains(Assert.Throws<DirectoryNotFoundException>(() => lab.Z.DistilledSft(new() { BaseModel = "/no/such/folder" }).Fit(lab.Chats)).Message, "BaseModel");
        StringAssert.Contains(Assert.Throws<ArgumentOutOfRangeException>(() => lab.Z.DistilledSft(lab.Sft).Fit(lab.Prompts)).Message, "Response");
        StringAssert.Contains(Assert.Throws<ArgumentOutOfRangeException>(() => lab.Z.DistilledSft(lab.Sft).Append(lab.Z.DistilledDpo(lab.Dpo)).Fit(lab.Prompts)).Message, "Response");
    }

    private sealed class Now(List<ZephyrProgress> seen) : IProgress<ZephyrProgress>
    {
        public void Report(ZephyrProgress value) => seen.Add(value);
    }

    private sealed class Ranked
    {
        public string Prompt { get; set; } = "";

        public string[] Candidates { get; set; } = [];
    }
}
