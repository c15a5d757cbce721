using ZephyrML.LanguageModels;

namespace ZephyrML.Training.Tests;

/// <summary>What is known of dDPO before anything is learned, and of its reference.</summary>
[TestClass]
public class FirstStepTests
{
    private const double β = 0.2, s = 0.1;
    private static readonly double ln2 = Math.Log(2);

    /// <summary>Each loss where policy and reference agree: d = c = r = 0.</summary>
    private static readonly Dictionary<DpoLoss, double> AtZero = new()
    {
        [DpoLoss.Sigmoid] = ln2, [DpoLoss.Cdpo] = ln2, [DpoLoss.Robust] = ln2, [DpoLoss.Aot] = ln2, [DpoLoss.AotUnpaired] = ln2, [DpoLoss.SigmoidNorm] = ln2,
        [DpoLoss.Hinge] = 1, [DpoLoss.ApoZero] = 1, [DpoLoss.ApoDown] = 1,
        [DpoLoss.Ipo] = Math.Pow(1 / (2 * β), 2), [DpoLoss.SppoHard] = 2 * Math.Pow(0.5 / β, 2),
        [DpoLoss.ExoPair] = 0.5 * (Math.Log(0.5) - Math.Log(1 - s)) + 0.5 * (Math.Log(0.5) - Math.Log(s)),
        [DpoLoss.NcaPair] = 2 * ln2, [DpoLoss.BcoPair] = 2 * ln2, [DpoLoss.Discopop] = 0.5 * ln2 + 0.5,
    };

    private static DpoOptions Options(Action<DpoOptions> change)
    {
        var options = new DpoOptions { Beta = β, LabelSmoothing = s, LearningRate = 1e-3, MaxLength = 32, BatchSize = 4, MaxSteps = 3, WarmupRatio = 0, LogEverySteps = 1, AdamEpsilon = 1e-4 };
        change(options);
        return options;
    }

    [TestMethod]
    public void EachLossBeginsWhereItsFormulaSays()
    {
        var pairs = TinyModel.Pairs(8);
        foreach (var loss in Enum.GetValues<DpoLoss>())
        {
            using var model = TinyModel.Create();
            var first = DpoTrainer.Train(model, pairs, null, Options(o => (o.Losses, o.MaxSteps, o.BatchSize) = ([loss], 1, 8)), new()).Steps[0];
            // The sft term is dSFT's loss on the chosen completions.
            double expected = AtZero.TryGetValue(loss, out double zero) ? zero : SftLossOfChosen(pairs);
            Assert.AreEqual(expected, first["loss"], 1e-6 * Math.Max(1, expected), $"{loss}");
            Assert.AreEqual((0.0, 0.0), (first["rewards/margins"], first["rewards/accuracies"]), $"{loss}");
            Assert.IsGreaterThan(0.0, first["grad_norm"], $"{loss}");
        }
    }

    [TestMethod]
    public void ASumOfLossesIsTheSumOfTheirWeights()
    {
        var pairs = TinyModel.Pairs(8);
        using var model = TinyModel.Create();
        var first = DpoTrainer.Train(model, pairs, null, Options(o => (o.Losses, o.LossWeights, o.MaxSteps, o.BatchSize) = ([DpoLoss.Sigmoid, DpoLoss.BcoPair, DpoLoss.Sft], [0.8, 0.2, 1], 1, 8)), new()).Steps[0];
        Assert.AreEqual(0.8 * ln2 + 0.2 * 2 * ln2 + SftLossOfChosen(pairs), first["loss"], 1e-5);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ComputedBeforehandIsAFrozenCopyIsTheAdapterOff(bool adapter)
    {
        var pairs = TinyModel.Pairs(12);
        (float[] Weights, double[] Metrics) Run(bool copy)
        {
            using var model = TinyModel.Create();
            if (adapter)
                model.AddAdapter(new LoraOptions { Rank = 4 }, seed: 5);
            var result = DpoTrainer.Train(model, pairs, TinyModel.Pairs(5, seed: 9), Options(o => (o.SyncReference, o.ReferenceSyncSteps, o.MaxSteps) = (copy, 1000, 5)), new() { Seed = 4 });
            return ([.. model.TrainableWeights.SelectMany(w => Fixtures.Values(w.Weight))], [.. result.Steps.Concat(result.Evaluations).SelectMany(m => m.Values.Values)]);
        }
        var (beforehand, frozen) = (Run(false), Run(true));
        // In later epochs a pair meets others in its batch than those it was computed with beforehand, so the last bits differ.
        for (int i = 0; i < frozen.Metrics.Length; i++)
            Assert.AreEqual(frozen.Metrics[i], beforehand.Metrics[i], 1e-5 * Math.Max(1, Math.Abs(frozen.Metrics[i])));
        TinyModel.AssertClose(frozen.Weights, beforehand.Weights, 1e-5, "weights");
    }

    private static double SftLossOfChosen(PreferenceRow[] pairs)
    {
        using var model = TinyModel.Create();
        SftRow[] rows = [.. pairs.Select(p => new SftRow([.. p.Prompt, .. p.Chosen], [.. p.Prompt.Select(_ => false), .. p.Chosen.Select(_ => true)]))];
        return SftTrainer.Train(model, rows, null, new() { Packing = Packing.None, MaxSteps = 1, BatchSize = pairs.Length, MaxLength = 32, LogEverySteps = 1 }, new()).Steps[0]["loss"];
    }
}
