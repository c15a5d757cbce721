namespace ZephyrML.Training.Tests;

/// <summary>Packing, schedules and the order of rows: what needs no tensors.</summary>
[TestClass]
public class PlanTests
{
    [TestMethod]
    public void PackingFillsTheFullestRowThatHasRoom()
    {
        // 6 and 5 open rows of 8; 3 fits the row of 5 only exactly, 2 the row of 6; 0 is left out, 20 is cut.
        var packed = BestFitPacker.Pack([5, 2, 6, 0, 3, 20], 8);
        CollectionAssert.AreEqual(new[] { "5", "2,1", "0,4" }, packed.Select(r => string.Join(",", r)).ToArray());
    }

    [TestMethod]
    public void WarmUpRisesFromZeroAndLinearEndsAtZero()
    {
        double[] rates = [.. Enumerable.Range(0, 11).Select(i => LearningRate.At(i, 1, LearningRateSchedule.Linear, 2, 10))];
        Assert.AreEqual((0.0, 0.5, 1.0, 0.875, 0.0), (rates[0], rates[1], rates[2], rates[3], rates[10]));
        Assert.AreEqual(0.5, LearningRate.At(6, 1, LearningRateSchedule.Cosine, 2, 10), 1e-15);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void EveryEpochHasEveryRowOnceInAnOrderOfItsOwn(bool group)
    {
        int[] lengths = [.. Enumerable.Range(0, 23).Select(i => 10 + i * 7 % 23)];
        var options = new DpoOptions { BatchSize = 4, AccumulationSteps = 4, Epochs = 2 };
        var steps = new BatchPlan(lengths, options, new() { Seed = 5 }, "test", group).Steps().ToList();
        CollectionAssert.AreEqual(new[] { 4, 2, 4, 2 }, steps.Select(s => s.Length).ToArray());
        var first = steps.Take(2).SelectMany(s => s).SelectMany(b => b).ToArray();
        var second = steps.Skip(2).SelectMany(s => s).SelectMany(b => b).ToArray();
        CollectionAssert.AreEqual(Enumerable.Range(0, 23).ToArray(), first.Order().ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(0, 23).ToArray(), second.Order().ToArray());
        CollectionAssert.AreNotEqual(first, second);
        Assert.HasCount(3, steps[1][^1], "the short batch comes last");
        if (group)
            Assert.IsTrue(steps.SelectMany(s => s).All(b => b.Max(i => lengths[i]) - b.Min(i => lengths[i]) < 4), "rows of a batch are of like length");
        var again = new BatchPlan(lengths, options, new() { Seed = 5 }, "test", group).Steps().SelectMany(s => s).SelectMany(b => b).ToArray();
        CollectionAssert.AreEqual((int[])[.. first, .. second], again);
        var other = new BatchPlan(lengths, options, new() { Seed = 6 }, "test", group).Steps().SelectMany(s => s).SelectMany(b => b).ToArray();
        CollectionAssert.AreNotEqual(again, other);
    }

    [TestMethod]
    public void WithoutShuffleRowsKeepTheirOrder()
    {
        var options = new DpoOptions { BatchSize = 4, Epochs = 2, Shuffle = false };
        var rows = new BatchPlan([.. Enumerable.Range(0, 10).Select(i => 10 - i % 3)], options, new(), "test", group: true).Steps().SelectMany(s => s).SelectMany(b => b).ToArray();
        CollectionAssert.AreEqual((int[])[.. Enumerable.Range(0, 10), .. Enumerable.Range(0, 10)], rows);
    }

    [TestMethod]
    public void StepsFollowEpochsAndMaxSteps()
    {
        int Steps(SftOptions o) => new BatchPlan(new int[10], o, new(), "test", false) is var plan && plan.Steps().Count() == plan.TotalSteps ? plan.TotalSteps : -1;
        Assert.AreEqual(5, Steps(new() { BatchSize = 2 }));
        Assert.AreEqual(3, Steps(new() { BatchSize = 2, AccumulationSteps = 2 }));
        Assert.AreEqual(8, Steps(new() { BatchSize = 2, Epochs = 1.5 }));
        Assert.AreEqual(12, Steps(new() { BatchSize = 2, MaxSteps = 12 }));
        Assert.AreEqual(2, Steps(new() { BatchSize = 2, MaxSteps = 2, Epochs = 9 }));
    }

    [TestMethod]
    public void SftDropsRowsWithoutATargetAndCutsLongOnes()
    {
        SftRow Row(int length, params int[] supervised) => new(new int[length], [.. Enumerable.Range(0, length).Select(supervised.Contains)]);
        var options = new SftOptions { MaxLength = 8, Packing = Packing.None };
        var data = new SftData([Row(20, 9), Row(4, 2), Row(4, 0), Row(20, 15), Row(20, 3, 15), Row(0)], options, "training");
        CollectionAssert.AreEqual(new[] { "1", "4" }, data.Units.Select(u => string.Join(",", u.Select(p => p.Row))).ToArray());
        Assert.AreEqual((2, 1), (data.Used, data.Cut));
        Assert.Contains("none of the 1 training rows", Assert.ThrowsExactly<ArgumentException>(() => new SftData([Row(20, 9)], options, "training")).Message);
        Assert.Contains("row 1: none of its 4 tokens", Assert.ThrowsExactly<ArgumentException>(() => new SftData([Row(4, 2), Row(4)], options, "training")).Message);
    }

    [TestMethod]
    public void SplitAndWrappedRowsKeepEveryToken()
    {
        SftRow[] rows = [new([1, 2, 3, 4, 5], [false, true, true, true, true]), new([6, 7, 8], [true, false, true])];
        var model = TinyModel.Create();
        string Targets(Packing packing)
        {
            using var batch = new SftData(rows, new SftOptions { MaxLength = 4, Packing = packing }, "training").Batch([0, 1], model);
            return string.Join(",", Fixtures.Values(batch.Targets.to(TorchSharp.torch.ScalarType.Float32)));
        }
        Assert.AreEqual("2,3,4,8", Targets(Packing.BestFitSplit), "5 and 6 stand first in their documents");
        Assert.AreEqual("2,3,4,6,8", Targets(Packing.Wrapped), "6 is predicted from 5, 5 begins a row");
    }

    [TestMethod]
    public void KeepEndKeepsTheEndOfEachSide()
    {
        var data = new PreferenceData([new([3, 4, 5, 6], [7, 8], [9, 10, 11, 12, 13])], new() { MaxLength = 4, Truncation = Truncation.KeepEnd }, "training");
        using var batch = data.Batch([0], TinyModel.Create());
        CollectionAssert.AreEqual(new float[] { 7, 8, 11, 12, 13 }, Fixtures.Values(batch.Targets.to(TorchSharp.torch.ScalarType.Float32)));
        CollectionAssert.AreEqual(new[] { 2, 4 }, batch.CompletionLengths.ToArray(), "the first of the rejected has nothing before it, yet counts");
        Assert.AreEqual(4, PreferenceData.CompletionTokens([3, 4, 5, 6], [9, 10, 11, 12, 13], new() { MaxLength = 4, Truncation = Truncation.KeepEnd }));
    }

    [TestMethod]
    public void DpoDropsRowsWithoutRoomAndCutsLongOnes()
    {
        PreferenceRow Row(int prompt, int chosen, int rejected) => new(new int[prompt], new int[chosen], new int[rejected]);
        var data = new PreferenceData([Row(3, 2, 2), Row(8, 2, 2), Row(7, 2, 1), Row(9, 1, 1), Row(3, 0, 2), Row(3, 5, 6)], new() { MaxLength = 8 }, "training");
        CollectionAssert.AreEqual(new[] { 0, 2, 5 }, data.Used.ToArray());
        Assert.AreEqual(2, data.Cut);
        Assert.Contains("MaxLength = 8", Assert.ThrowsExactly<ArgumentException>(() => new PreferenceData([Row(8, 1, 1)], new() { MaxLength = 8 }, "training")).Message);
    }
}
