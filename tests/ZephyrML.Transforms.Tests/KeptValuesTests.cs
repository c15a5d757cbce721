using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>What the data already has is kept, row by row, and nobody is paid for it again.</summary>
[TestClass]
public sealed class KeptValuesTests
{
    [TestMethod]
    public void ResponsesAndCandidatesAreKept()
    {
        var desk = new Desk(maxConcurrency: 1);
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Row>
        {
            new() { Prompt = "a", Response = "known" },
            new() { Prompt = "b", Candidates = ["x", "yy"], CandidateModels = ["m", "n"] },
            new() { Prompt = "c", Response = "known too", Candidates = ["x", "yyy"], CandidateModels = ["m", "n"], Scores = [2, 1] },
            new() { Prompt = "", Response = "" },
        });
        var view = desk.Chain(data).Transform(data);
        var rows = desk.Ml.Data.CreateEnumerable<Row>(view, reuseRowObject: false).ToList();
        CollectionAssert.AreEqual(new[] { "known", "teacher: b", "known too", "" }, rows.Select(row => row.Response).ToArray());
        CollectionAssert.AreEqual(new[] { "x", "yy" }, rows[1].Candidates);
        CollectionAssert.AreEqual(new[] { "short", "middle", "long" }, rows[0].CandidateModels);
        Assert.AreEqual("x", rows[2].Chosen, "by the scores of the data");
        Assert.AreEqual("yyy", rows[2].Rejected);
        Assert.AreEqual("", rows[3].Chosen);
        Assert.AreEqual(1, desk.Teacher.Calls);
        Assert.AreEqual(3, desk.PoolCalls);
        Assert.AreEqual(2, desk.Judge.Calls);
    }

    [TestMethod]
    public void ScoresAreFilledOnlyWhereTheyAreMissing()
    {
        var desk = new Desk();
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Row> { new() { Prompt = "a", Candidates = ["1", "22", "333"], Scores = [9, float.NaN, float.NaN] } });
        var ranked = desk.Z.Rank(desk.Judge).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { 9f, 2f, 3f }, ranked.GetColumn<float[]>("Scores").Single());
        Assert.AreEqual("1", ranked.GetColumn<string>("Chosen").Single());
    }

    [TestMethod]
    public void APairOfTheDataIsNotJudged()
    {
        var desk = new Desk();
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Row> { new() { Prompt = "a", Candidates = ["1", "22"], Chosen = "1", Rejected = "22" } });
        var ranked = desk.Z.Rank(desk.Judge).Fit(data).Transform(data);
        Assert.AreEqual("1", ranked.GetColumn<string>("Chosen").Single());
        Assert.IsTrue(ranked.GetColumn<float[]>("Scores").Single().All(float.IsNaN));
        Assert.AreEqual(0, desk.Judge.Calls);
    }

    [TestMethod]
    public void TiesAndSmallGapsGiveNoPair()
    {
        var desk = new Desk();
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Row>
        {
            new() { Prompt = "tie", Candidates = ["aa", "bb"] },
            new() { Prompt = "gap", Candidates = ["aa", "bbb"] },
            new() { Prompt = "pair", Candidates = ["aa", "bbbbb"] },
        });
        var ranked = desk.Z.Rank(desk.Judge, new() { MinScoreGap = 2, Rejected = RejectedPolicy.Lowest }).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "", "", "bbbbb" }, ranked.GetColumn<string>("Chosen").ToArray());
        CollectionAssert.AreEqual(new[] { "", "", "aa" }, ranked.GetColumn<string>("Rejected").ToArray());
    }

    [TestMethod]
    public void ScoresThatDoNotFitTheCandidatesAreAnErrorThatNamesTheRow()
    {
        var desk = new Desk();
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Row> { new() { Prompt = "a", Candidates = ["1", "22"], Scores = [1] } });
        var ranked = desk.Z.Rank(desk.Judge).Fit(data).Transform(data);
        var error = Assert.Throws<InvalidDataException>(() => ranked.GetColumn<string>("Chosen").ToList());
        StringAssert.Contains(error.Message, "Row 0");
        StringAssert.Contains(error.Message, "Scores");
    }

    [TestMethod]
    public void TheRejectedAnswerHangsOnTheSeedAndTheRowNotOnTheOrder()
    {
        var desk = new Desk();
        var data = desk.Prompts(30);
        var view = desk.Z.TeacherGenerate(desk.Teacher, desk.Pool).Append(desk.Z.Rank(desk.Judge, new() { Seed = 5 })).Fit(data).Transform(data);
        var all = view.GetColumn<string>("Rejected").ToList();
        CollectionAssert.AreEqual(all, view.GetColumn<string>("Rejected").ToList());
        CollectionAssert.AreEqual(all[10..], desk.Ml.Data.SkipRows(view, 10).GetColumn<string>("Rejected").ToList());
        Assert.IsTrue(all.Any(text => text.EndsWith("more", StringComparison.Ordinal)) && all.Any(text => !text.EndsWith("more", StringComparison.Ordinal)), "random among the lower ones");
    }

    private sealed class Row
    {
        public string Prompt { get; set; } = "";

        public string Response { get; set; } = "";

        public string[] Candidates { get; set; } = [];

        public string[] CandidateModels { get; set; } = [];

        public float[] Scores { get; set; } = [];

        public string Chosen { get; set; } = "";

        public string Rejected { get; set; } = "";
    }
}
