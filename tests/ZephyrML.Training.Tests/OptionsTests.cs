namespace ZephyrML.Training.Tests;

[TestClass]
public class OptionsTests
{
    private sealed class Leaf : DpoOptions
    {
        public string BaseModel { get; set; } = "";
    }

    [TestMethod]
    public void DefaultsAreThePapers()
    {
        var sft = new SftOptions();
        sft.Validate();
        Assert.AreEqual((2e-5, LearningRateSchedule.Cosine, 0.1, 2048, Packing.BestFit), (sft.LearningRate, sft.Schedule, sft.WarmupRatio, sft.MaxLength, sft.Packing));
        var dpo = new DpoOptions();
        dpo.Validate();
        Assert.AreEqual((5e-7, LearningRateSchedule.Linear, 0.1, 0.1, 1024), (dpo.LearningRate, dpo.Schedule, dpo.WarmupRatio, dpo.Beta, dpo.MaxLength));
    }

    [TestMethod]
    public void ValidateListsEveryProblemAtOnce()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(new Leaf { LearningRate = double.NaN, BatchSize = 0, WarmupRatio = 2, Beta = -1, Losses = [] }.Validate);
        foreach (var name in new[] { "Leaf", "5 options", "LearningRate", "BatchSize", "WarmupRatio", "Beta", "Losses", "not -1" })
            Assert.Contains(name, error.Message);
    }

    [TestMethod]
    public void WhatDoesNotGoTogetherIsRefusedByName()
    {
        void Refused(DpoOptions options, params string[] names)
        {
            var message = Assert.ThrowsExactly<ArgumentException>(options.Validate).Message;
            foreach (var name in names)
                Assert.Contains(name, message);
        }
        Refused(new() { Divergence = Divergence.JensenShannon, Losses = [DpoLoss.Sigmoid, DpoLoss.NcaPair, DpoLoss.Aot] }, "Divergence", "NcaPair, Aot;");
        Refused(new() { UseWeighting = true, Losses = [DpoLoss.Aot] }, "UseWeighting", "Aot");
        Refused(new() { LdAlpha = 1.5 }, "LdAlpha", "1.5");
        Refused(new() { SyncReference = true, ReferenceMixup = 2, ReferenceSyncSteps = 0 }, "ReferenceMixup", "ReferenceSyncSteps");
        Refused(new() { Schedule = LearningRateSchedule.WarmupStableDecay }, "ScheduleShape.DecaySteps");
        Refused(new() { Schedule = LearningRateSchedule.Polynomial, LearningRate = 1e-8 }, "ScheduleShape.EndRate", "LearningRate");
        new DpoOptions { Divergence = Divergence.ForwardKl, Losses = [DpoLoss.Ipo, DpoLoss.Sft], UseWeighting = true, LdAlpha = 0 }.Validate();
    }

    [TestMethod]
    public void CopyKeepsTheTypeAndLetsGoOfTheOriginal()
    {
        var weights = new List<double> { 1 };
        var original = new Leaf { BaseModel = "a", LossWeights = weights };
        var copy = (Leaf)original.Copy();
        (original.BaseModel, original.BatchSize) = ("b", 3);
        weights[0] = 7;
        Assert.AreEqual(("a", 8, 1.0), (copy.BaseModel, copy.BatchSize, copy.LossWeights![0]));
    }
}
