namespace ZephyrML.Teacher.Tests;

[TestClass]
public class PairSelectorTests
{
    [TestMethod]
    [DataRow(RejectedPolicy.Lowest, new float[] { 3, 5, 1, 4 }, 1, 2)]
    [DataRow(RejectedPolicy.SecondBest, new float[] { 3, 5, 1, 4 }, 1, 3)]
    [DataRow(RejectedPolicy.SecondBest, new float[] { 5, 5, 4, 4 }, 0, 2)]
    [DataRow(RejectedPolicy.Lowest, new float[] { 5, 5, 4, 4 }, 0, 2)]
    [DataRow(RejectedPolicy.Lowest, new float[] { float.NaN, 2, 5 }, 2, 1)]
    public void Chooses_the_first_best_and_rejects_by_policy(RejectedPolicy policy, float[] scores, int chosen, int rejected) =>
        Assert.AreEqual(new SelectedPair(chosen, rejected), PairSelector.Select(scores, new() { Rejected = policy }, 0));

    [TestMethod]
    [DataRow(new float[] { }, 0f, PairOutcome.NoScore)]
    [DataRow(new float[] { 5 }, 0f, PairOutcome.NoScore)]
    [DataRow(new float[] { 5, float.NaN, float.NaN }, 0f, PairOutcome.NoScore)]
    [DataRow(new float[] { 4, 4, 4 }, 0f, PairOutcome.Tie)]
    [DataRow(new float[] { 4, 4, float.NaN }, 0f, PairOutcome.Tie)]
    [DataRow(new float[] { 4, 3.75f, 3.6f }, 0.5f, PairOutcome.GapTooSmall)]
    public void Gives_no_pair_and_says_why(float[] scores, float gap, PairOutcome expected)
    {
        foreach (var policy in Enum.GetValues<RejectedPolicy>())
        {
            Assert.IsNull(PairSelector.Select(scores, new() { Rejected = policy, MinScoreGap = gap }, 3, out var outcome));
            Assert.AreEqual(expected, outcome);
        }
    }

    [TestMethod]
    public void A_shared_best_is_dropped_if_so_wished()
    {
        Assert.IsNull(PairSelector.Select([5, 5, 1], new() { EqualBest = EqualBest.Drop }, 0, out var outcome));
        Assert.AreEqual(PairOutcome.Tie, outcome);
        Assert.AreEqual(new SelectedPair(0, 2), PairSelector.Select([5, 1, 0], new() { EqualBest = EqualBest.Drop, Rejected = RejectedPolicy.Lowest }, 0));
    }

    [TestMethod]
    public void Random_draws_evenly_from_those_far_enough_below_and_hangs_on_seed_and_row()
    {
        float[] scores = [4.9f, 2, 5, 3, float.NaN, 5, 1];
        var options = new PairOptions { MinScoreGap = 0.5f, Seed = 11 };
        var counts = new int[scores.Length];
        for (var row = 0; row < 3000; row++)
        {
            var pair = PairSelector.Select(scores, options, row)!.Value;
            Assert.AreEqual(2, pair.ChosenIndex);
            counts[pair.RejectedIndex]++;
            Assert.AreEqual(pair, PairSelector.Select(scores, options, row));
        }
        CollectionAssert.AreEqual((int[])[0, 0, 0, 0], (int[])[counts[0], counts[2], counts[4], counts[5]]);
        foreach (var i in (int[])[1, 3, 6])
            Assert.AreEqual(1000, counts[i], 120);
        var other = new PairOptions { MinScoreGap = 0.5f, Seed = 12 };
        Assert.IsTrue(Enumerable.Range(0, 50).Any(row => PairSelector.Select(scores, options, row) != PairSelector.Select(scores, other, row)));
    }

    [TestMethod]
    public void A_gap_of_means_is_not_lost_to_rounding()
    {
        var (high, low) = (5f / 3, 4f / 3);
        Assert.IsLessThan(1f / 3, high - low);
        Assert.IsNotNull(PairSelector.Select([high, low], new() { MinScoreGap = 1f / 3 }, 0));
        Assert.IsNull(PairSelector.Select([3.5f, 3.5f], new(), 0));
        Assert.IsNull(PairSelector.Select([4, 3.75f], new() { MinScoreGap = 0.5f }, 0));
    }
}
