using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>What Fit checks and warns about, and what a loaded model does without clients.</summary>
[TestClass]
public sealed class FitTests
{
    [TestMethod]
    public void FitWarnsWithoutAResponseCacheAndOnlyThen()
    {
        var folder = Directory.CreateTempSubdirectory("zephyr");
        try
        {
            var desk = new Desk();
            desk.Z.TeacherGenerate(desk.Teacher, null).Fit(desk.Prompts(1));
            Assert.HasCount(1, desk.Warnings);
            StringAssert.Contains(desk.Warnings[0], "response cache");
            desk.Warnings.Clear();
            using var cached = desk.Teacher.WithResponseCache(Path.Combine(folder.FullName, "cache.db"));
            desk.Z.TeacherGenerate(cached, null).Fit(desk.Prompts(1));
            Assert.IsEmpty(desk.Warnings);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void WithACacheASecondPassIsFree()
    {
        var folder = Directory.CreateTempSubdirectory("zephyr");
        try
        {
            var desk = new Desk();
            using (var cached = desk.Teacher.WithResponseCache(Path.Combine(folder.FullName, "cache.db")))
            {
                var data = desk.Prompts(5);
                var view = desk.Z.TeacherGenerate(cached, null).Fit(data).Transform(data);
                var first = view.GetColumn<string>("Response").ToList();
                CollectionAssert.AreEqual(first, view.GetColumn<string>("Response").ToList());
                Assert.AreEqual(5, desk.Teacher.Calls);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void AMissingColumnIsMlNetsOwnError()
    {
        var desk = new Desk();
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Other> { new() });
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => desk.Z.TeacherGenerate(desk.Teacher, null).Append(desk.Z.Rank(desk.Judge)).Fit(data));
        StringAssert.Contains(error.Message, "Prompt");
        error = Assert.Throws<ArgumentOutOfRangeException>(() => desk.Z.TeacherGenerate(desk.Teacher, null).Fit(data));
        StringAssert.Contains(error.Message, "Prompt");
    }

    [TestMethod]
    public void AColumnOfAnotherTypeIsNamed()
    {
        var desk = new Desk();
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Wrong> { new() });
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => desk.Z.Rank(desk.Judge).Fit(data));
        StringAssert.Contains(error.Message, "Candidates");
    }

    [TestMethod]
    public void OptionsAreCheckedAllAtOnce()
    {
        var desk = new Desk();
        var error = Assert.Throws<ArgumentException>(() => desk.Z.Rank(desk.Judge, new() { MinScoreGap = -1, ChosenColumn = "" }));
        StringAssert.Contains(error.Message, "MinScoreGap");
        StringAssert.Contains(error.Message, "ChosenColumn");
        error = Assert.Throws<ArgumentException>(() => desk.Z.TeacherGenerate(desk.Teacher, null, new() { ModelsPerPrompt = 0, PromptColumn = " " }));
        StringAssert.Contains(error.Message, "ModelsPerPrompt");
        StringAssert.Contains(error.Message, "PromptColumn");
    }

    [TestMethod]
    public void ALoadedModelHasMissingValuesAndOneWarningForEachStage()
    {
        var desk = new Desk();
        var data = desk.Prompts(4);
        var model = desk.Chain(data);
        using var zip = new MemoryStream();
        desk.Ml.Model.Save(model, data.Schema, zip);
        zip.Position = 0;

        var later = new Desk();
        var loaded = later.Ml.Model.Load(zip, out var schema);
        Assert.AreEqual("Prompt", schema.Single().Name);
        var view = loaded.Transform(later.Prompts(4));
        CollectionAssert.AreEqual(new[] { "", "", "", "" }, view.GetColumn<string>("Response").ToArray());
        CollectionAssert.AreEqual(new[] { "", "", "", "" }, view.GetColumn<string>("Chosen").ToArray());
        Assert.IsTrue(view.GetColumn<string[]>("Candidates").All(candidates => candidates.Length == 0));
        Assert.HasCount(1, later.Warnings, "Rank has no candidates to judge");
        Assert.AreEqual(0, desk.Teacher.Calls);

        var ranked = later.Ml.Data.LoadFromEnumerable(new List<Candidates> { new() { Prompt = "a", Texts = ["x", "y"] }, new() { Prompt = "b", Texts = ["x", "y"] } });
        Assert.IsTrue(loaded.Transform(ranked).GetColumn<float[]>("Scores").All(scores => scores.Length == 2 && scores.All(float.IsNaN)));
        Assert.HasCount(2, later.Warnings);
    }

    [TestMethod]
    public void ALoadedRankStillPairsTheScoresOfTheData()
    {
        var desk = new Desk();
        var scored = new List<Candidates> { new() { Prompt = "a", Texts = ["x", "y", "z"], Scores = [1, 3, 2] } };
        var data = desk.Ml.Data.LoadFromEnumerable(scored);
        var model = desk.Z.Rank(desk.Judge, new() { Rejected = RejectedPolicy.SecondBest, Seed = 4 }).Fit(data);
        using var zip = new MemoryStream();
        desk.Ml.Model.Save(model, data.Schema, zip);
        zip.Position = 0;
        var view = new MLContext().Model.Load(zip, out _).Transform(data);
        Assert.AreEqual("y", view.GetColumn<string>("Chosen").Single());
        Assert.AreEqual("z", view.GetColumn<string>("Rejected").Single());
        Assert.AreEqual(0, desk.Judge.Calls);
    }

    private sealed class Other
    {
        public string Question { get; set; } = "";
    }

    private sealed class Wrong
    {
        public string Prompt { get; set; } = "";

        public string Candidates { get; set; } = "";
    }

    private sealed class Candidates
    {
        public string Prompt { get; set; } = "";

        [ColumnName("Candidates")]
        public string[] Texts { get; set; } = [];

        public float[] Scores { get; set; } = [];
    }
}
