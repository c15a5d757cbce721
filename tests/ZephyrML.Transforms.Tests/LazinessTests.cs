using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Tests;

/// <summary>When teachers are called: only when a getter is invoked, once a row for all columns, and never for what nobody reads.</summary>
[TestClass]
public sealed class LazinessTests
{
    [TestMethod]
    public void FitAndTransformCallNobody()
    {
        var desk = new Desk();
        var data = desk.Prompts(5);
        var model = desk.Chain(data);
        var view = model.Transform(data);
        Assert.AreEqual(5, view.GetRowCount());
        Assert.AreEqual(0, desk.Teacher.Calls + desk.PoolCalls + desk.Judge.Calls);
    }

    [TestMethod]
    public void ActiveColumnsAndGettersCallNobody()
    {
        var desk = new Desk();
        var data = desk.Prompts(5);
        var view = desk.Chain(data).Transform(data);
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Response"]);
            var chosen = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Chosen"]);
            while (cursor.MoveNext() && cursor.Position < 2)
            {
            }
            Assert.AreEqual(0, desk.Teacher.Calls + desk.PoolCalls + desk.Judge.Calls);
            ReadOnlyMemory<char> value = default;
            chosen(ref value);
            Assert.AreEqual("prompt 2 and very much more", value.ToString());
        }
        Assert.AreEqual(1, desk.Teacher.Calls);
        Assert.AreEqual(3, desk.PoolCalls);
        Assert.AreEqual(1, desk.Judge.Calls);
    }

    [TestMethod]
    public void PreviewComputesEachRowOnce()
    {
        var desk = new Desk();
        var data = desk.Prompts(6);
        // It makes all columns active and invokes each getter twice; Rank's look-ahead runs over TeacherGenerate on a cursor of its own.
        var preview = desk.Chain(data).Transform(data).Preview();
        Assert.HasCount(6, preview.RowView);
        Assert.AreEqual(6, desk.Teacher.Calls);
        Assert.AreEqual(18, desk.PoolCalls);
        Assert.AreEqual(6, desk.Judge.Calls);
    }

    [TestMethod]
    public void TakingOneRowPaysForOne()
    {
        var desk = new Desk(maxConcurrency: 16);
        var data = desk.Prompts(20);
        var view = desk.Ml.Data.TakeRows(desk.Chain(data).Transform(data), 1);
        Assert.AreEqual("teacher: prompt 0", view.GetColumn<string>("Response").Single());
        Assert.AreEqual("prompt 0 and very much more", view.GetColumn<string>("Chosen").Single());
        Assert.AreEqual(2, desk.Teacher.Calls, "one a pass");
        Assert.AreEqual(1, desk.Judge.Calls);
    }

    [TestMethod]
    public void EveryPassAsksAgainUnlessThereIsACache()
    {
        var desk = new Desk();
        var data = desk.Prompts(4);
        var view = desk.Chain(data).Transform(data);
        _ = view.GetColumn<string>("Response").ToList();
        _ = view.GetColumn<string>("Response").ToList();
        Assert.AreEqual(8, desk.Teacher.Calls);
        var cached = desk.Ml.Data.Cache(view);
        _ = cached.GetColumn<string>("Response").ToList();
        _ = cached.GetColumn<string>("Response").ToList();
        Assert.AreEqual(12, desk.Teacher.Calls);
    }

    [TestMethod]
    public void ShuffledRowsAreComputedOnceAndKeepTheirValues()
    {
        var desk = new Desk();
        var data = desk.Prompts(30);
        var shuffled = desk.Ml.Data.ShuffleRows(desk.Chain(data).Transform(data), seed: 3);
        var rows = desk.Ml.Data.CreateEnumerable<PromptAndResponse>(shuffled, reuseRowObject: false, ignoreMissingColumns: true).ToList();
        Assert.HasCount(30, rows);
        foreach (var row in rows)
            Assert.AreEqual($"teacher: {row.Prompt}", row.Response);
        Assert.AreEqual(30, desk.Teacher.Calls);
        Assert.AreNotEqual("prompt 0", rows[0].Prompt, "shuffled with this seed");
    }

    [TestMethod]
    public void ASplitComputesWhatEachHalfReads()
    {
        var desk = new Desk(maxConcurrency: 1);
        var data = desk.Prompts(40);
        var split = desk.Ml.Data.TrainTestSplit(desk.Chain(data).Transform(data), testFraction: 0.25, seed: 1);
        Assert.AreEqual(0, desk.Teacher.Calls);
        var test = split.TestSet.GetColumn<string>("Response").Count();
        Assert.AreEqual(test, desk.Teacher.Calls);
        var train = split.TrainSet.GetColumn<string>("Response").Count();
        Assert.AreEqual(40, train + test);
        Assert.AreEqual(40, desk.Teacher.Calls);
    }

    [TestMethod]
    public void LookAheadUnderASplitComputesNoRowTwiceAndFewInVain()
    {
        var desk = new Desk(maxConcurrency: 8);
        var data = desk.Prompts(60);
        var split = desk.Ml.Data.TrainTestSplit(desk.Chain(data).Transform(data), testFraction: 0.1, seed: 1);
        var test = split.TestSet.GetColumn<string>("Response").Count();
        Assert.IsLessThanOrEqualTo(2 * test, desk.Teacher.Calls);
        var before = desk.Teacher.Calls;
        var train = split.TrainSet.GetColumn<string>("Response").Count();
        Assert.IsLessThanOrEqualTo(60, desk.Teacher.Calls - before);
        Assert.IsGreaterThanOrEqualTo(train, desk.Teacher.Calls - before);
    }

    [TestMethod]
    public void AnEngineAsksForWhatItsOutputReads()
    {
        var desk = new Desk();
        var model = desk.Chain(desk.Prompts(3));
        using (var prompts = desk.Ml.Model.CreatePredictionEngine<Prompt, Prompt>(model))
            Assert.AreEqual("hello", prompts.Predict(new Prompt { Text = "hello" }).Text);
        Assert.AreEqual(0, desk.Teacher.Calls + desk.PoolCalls + desk.Judge.Calls);
        using var pairs = desk.Ml.Model.CreatePredictionEngine<Prompt, PairOnly>(model);
        Assert.AreEqual("hello and very much more", pairs.Predict(new Prompt { Text = "hello" }).Chosen);
        Assert.AreEqual("bye and very much more", pairs.Predict(new Prompt { Text = "bye" }).Chosen);
        Assert.AreEqual(2, desk.Teacher.Calls);
        Assert.AreEqual(2, desk.Judge.Calls);
    }

    private sealed class PromptAndResponse
    {
        public string Prompt { get; set; } = "";

        public string Response { get; set; } = "";
    }

    private sealed class PairOnly
    {
        public string Chosen { get; set; } = "";

        public string Rejected { get; set; } = "";
    }
}
