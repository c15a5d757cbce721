using System.Text.Json;

namespace ZephyrML.Training.Tests;

/// <summary>Losses, schedules, packing and optimisers against the libraries' own results, case by case.</summary>
[TestClass]
public class ReferenceTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod]
    public void DpoLossesEqualTrl() => Check("losses-dpo", LossReplay.Run, 26);

    [TestMethod]
    public void CdpoEqualsThePublishedFormula() => Check("losses-other", LossReplay.Run, 1);

    [TestMethod]
    public void SchedulesEqualTransformers() => Check("schedules", ScheduleReplay.Run, 160);

    [TestMethod]
    public void PackingEqualsTrl() => Check("packing", PackingReplay.Run, 30);

    [TestMethod]
    public void OptimizersEqualTheirOriginals() => Check("optimizers", OptimizerReplay.Run, 4);

    [TestMethod]
    public void OptionsThatTheReplayDoesNotKnowAreRefusedByName()
    {
        void Refused(string json, string name)
        {
            var options = new TraceOptions(JsonDocument.Parse(json).RootElement);
            Assert.Contains(name, Assert.ThrowsExactly<NotSupportedException>(() => { options.Supervised(); options.RefuseTheRest(); }).Message);
        }
        Refused("""{"label_smoothing_factor": 0.1}""", "label_smoothing_factor");
        Refused("""{"neftune_noise_alpha": 5}""", "neftune_noise_alpha");
        Refused("""{"optim": "adafactor"}""", "adafactor");
        Refused("""{"lr_scheduler_type": "greedy"}""", "greedy");
        var off = new TraceOptions(JsonDocument.Parse("""{"label_smoothing_factor": 0, "neftune_noise_alpha": null, "seed": 42, "logging_steps": 1, "fp16": false}""").RootElement);
        off.Supervised();
        off.RefuseTheRest();
    }

    private void Check(string name, Func<JsonElement, IEnumerable<CaseReport>> run, int atLeast)
    {
        var reports = run(Fixtures.Json(Fixtures.SharedOrInconclusive(name))).ToList();
        Assert.IsGreaterThanOrEqualTo(atLeast, reports.Count);
        foreach (var worst in reports.SelectMany(r => r.Worst.Select(w => (w.Key, w.Value, r.Name))).GroupBy(w => w.Key).Select(g => g.MaxBy(w => w.Value)))
            TestContext.WriteLine(FormattableString.Invariant($"{worst.Key} differs by at most {worst.Value:g3} of its tolerance ({worst.Name})"));
        var reasons = reports.Select(r => r.Reason).OfType<string>().ToList();
        Assert.IsEmpty(reasons, $"{reasons.Count} of {reports.Count} cases differ:\n{string.Join("\n", reasons.Take(20))}");
    }
}
