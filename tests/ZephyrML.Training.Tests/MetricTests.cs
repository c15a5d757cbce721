using System.Diagnostics.Metrics;
using System.Text;
using System.Xml.Linq;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>Where metrics go: lines of JSON, TensorBoard, a plot, System.Diagnostics.Metrics.</summary>
[TestClass]
public class MetricTests
{
    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }

    private static TrainingResult? Train(bool dpo, string? checkpoints, string? metrics, int? stopAfter = null, ReportTo to = ReportTo.All)
    {
        using var model = TinyModel.Create(layers: 1);
        using var stop = new CancellationTokenSource();
        var context = new TrainingContext { Seed = 2, CancellationToken = stop.Token, Progress = new Told(p => { if (p.Step == stopAfter && p.Stage is "dSFT" or "dDPO") stop.Cancel(); }) };
        TrainingOptions options = dpo ? new DpoOptions() : new SftOptions { Packing = Packing.None };
        (options.MaxSteps, options.MaxLength, options.BatchSize, options.LearningRate, options.LogEverySteps, options.EvaluateEverySteps) = (10, 32, 2, 1e-3, 1, 4);
        (options.CheckpointFolder, options.MetricsFolder, options.SaveEverySteps, options.ReportTo) = (checkpoints, metrics, 3, to);
        try
        {
            return dpo ? DpoTrainer.Train(model, TinyModel.Pairs(9), TinyModel.Pairs(4, seed: 8), (DpoOptions)options, context)
                : SftTrainer.Train(model, TinyModel.SftRows(9), TinyModel.SftRows(4, seed: 8), (SftOptions)options, context);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void LinesOfJsonHaveNoStepTwiceAfterAKill(bool dpo)
    {
        using var folder = new TemporaryFolder();
        var stage = dpo ? "dDPO" : "dSFT";
        var whole = Train(dpo, null, folder["whole"])!;
        var lines = File.ReadAllLines(Path.Combine(folder["whole"], stage, "metrics.jsonl"));
        var read = lines.Select(MetricLines.Read).ToList();
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 10 }, read.Select(m => m.Step).ToArray());
        foreach (var (expected, actual) in whole.Steps.Zip(read.Where(m => !MetricLines.IsEvaluation(m))))
            CollectionAssert.AreEqual(expected.Values.OrderBy(v => v.Key).ToList(), actual.Values.OrderBy(v => v.Key).ToList());
        Assert.Contains("\"eval_loss\":", lines[0]);

        // Stopped after step 5 with a checkpoint of it; a killed run would have written more lines, the last of them perhaps not whole.
        Train(dpo, folder["run"], folder["parts"], stopAfter: 5);
        File.AppendAllText(Path.Combine(folder["parts"], stage, "metrics.jsonl"), """{"step":6,"loss":1}""" + "\n" + """{"step":7,"lo""");
        Train(dpo, folder["run"], folder["parts"]);
        CollectionAssert.AreEqual(lines, File.ReadAllLines(Path.Combine(folder["parts"], stage, "metrics.jsonl")));
    }

    [TestMethod]
    public void NumbersThatAreNoneComeBack()
    {
        var metrics = new StepMetrics(3, new Dictionary<string, double> { ["a"] = double.NaN, ["b"] = double.NegativeInfinity, ["c"] = double.PositiveInfinity, ["d"] = 0.1 + 0.2, ["e"] = 1e-320 });
        CollectionAssert.AreEqual(metrics.Values.ToList(), MetricLines.Read(MetricLines.Write(metrics)).Values.ToList());
    }

    [TestMethod]
    public void ChecksumsAndMessagesAreTheKnownBytes()
    {
        Assert.AreEqual(0xE3069283, MaskedCrc.Crc32C("123456789"u8));
        Assert.AreEqual(0x8A9136AA, MaskedCrc.Crc32C(new byte[32])); // RFC 3720, B.4
        Assert.AreEqual("09000000000000F03F1096012A0A0A080A0161150000003F", Convert.ToHexString(EventMessage.Scalars(1, 150, [("a", 0.5f)])));
        Assert.AreEqual("09000000000000F03F10073A020801", Convert.ToHexString(EventMessage.Restart(1, 7)));
    }

    [TestMethod]
    public void TensorBoardReadsItBack()
    {
        using var folder = new TemporaryFolder();
        Train(true, folder["run"], folder["metrics"], stopAfter: 5);
        var result = Train(true, folder["run"], folder["metrics"])!;
        var files = Directory.GetFiles(Path.Combine(folder["metrics"], "dDPO"), "events.out.tfevents.*").Order(StringComparer.Ordinal).ToArray();
        Assert.HasCount(2, files);
        // What every event file begins with: 24 bytes follow, and that length's checksum.
        Assert.AreEqual("1800000000000000A37F4B22", Convert.ToHexString(File.ReadAllBytes(files[0]).AsSpan(0, 12)));
        var (first, second) = (EventFile.Read(files[0]), EventFile.Read(files[1]));
        Assert.AreEqual("brain.Event:2", first[0].Version);
        Assert.AreEqual("brain.Event:2", second[0].Version);
        Assert.IsNull(first[1].SessionStatus);
        Assert.AreEqual((6L, 1L), (second[1].Step, second[1].SessionStatus!.Value), "the second file takes over from step 6 on");
        Assert.IsTrue(first.Concat(second).All(e => Math.Abs(e.WallTime - DateTimeOffset.UtcNow.ToUnixTimeSeconds()) < 600));

        var scalars = first.Concat(second).Where(e => e.Scalars.Count > 0).ToList();
        foreach (var metrics in result.Steps.Concat(result.Evaluations))
        {
            bool evaluation = MetricLines.IsEvaluation(metrics);
            var one = scalars.Single(e => e.Step == metrics.Step && e.Scalars.Keys.First().StartsWith("eval/", StringComparison.Ordinal) == evaluation);
            Assert.HasCount(metrics.Values.Count, one.Scalars);
            foreach (var (name, value) in metrics.Values)
                Assert.AreEqual((float)value, one.Scalars[evaluation ? "eval/" + name[5..] : "train/" + name]);
        }
        Assert.IsTrue(scalars[1].Scalars.ContainsKey("train/rewards/accuracies"));
        Assert.IsTrue(scalars[0].Scalars.ContainsKey("eval/loss"));
    }

    [TestMethod]
    public void ThePlotShowsTheCurves()
    {
        using var folder = new TemporaryFolder();
        Train(true, folder["run"], null, stopAfter: 5);
        Train(true, folder["run"], null);
        var svg = XDocument.Load(Path.Combine(folder["run"], "dDPO", "training.svg"));
        var texts = svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        foreach (var name in new[] { "loss", "eval_loss", "rewards/margins", "logps/chosen", "learning_rate" })
            Assert.Contains(name, texts);
        var curves = svg.Descendants().Where(e => e.Name.LocalName == "polyline").Select(e => e.Attribute("points")!.Value.Split(' ').Length).ToList();
        Assert.Contains(10, curves); // the steps before the stop are there too
        Assert.Contains(4, curves);
    }

    [TestMethod]
    public void OnlyWhatIsAskedForIsWritten()
    {
        using var folder = new TemporaryFolder();
        Train(false, null, folder["one"], to: ReportTo.Jsonl);
        Assert.AreEqual("metrics.jsonl", Path.GetFileName(Directory.GetFiles(folder["one"], "*", SearchOption.AllDirectories).Single()));
        Train(false, null, folder["none"], to: ReportTo.None);
        Assert.IsFalse(Directory.Exists(folder["none"]));
    }

    [TestMethod]
    public void TheMeterTellsWhoeverListens()
    {
        var seen = new List<(string Instrument, double Value, Dictionary<string, object?> Tags)>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Meter.Name == TrainingTelemetry.MeterName) self.EnableMeasurementEvents(instrument); } };
        int thread = Environment.CurrentManagedThreadId; // other tests may train at the same time
        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (Environment.CurrentManagedThreadId == thread)
                seen.Add((instrument.Name, value, new(tags.ToArray())));
        }
        listener.SetMeasurementEventCallback<double>((i, v, tags, _) => Take(i, v, tags));
        listener.SetMeasurementEventCallback<long>((i, v, tags, _) => Take(i, v, tags));
        listener.Start();
        using var folder = new TemporaryFolder();
        var result = Train(true, folder["run"], null, to: ReportTo.None)!;
        List<double> Values(string name) => [.. seen.Where(s => s.Instrument == name).Select(s => s.Value)];
        CollectionAssert.AreEqual(result.Steps.Select(s => s["loss"]).ToList(), Values("zephyr.training.loss"));
        CollectionAssert.AreEqual(result.Steps.Select(s => s["learning_rate"]).ToList(), Values("zephyr.training.learning_rate"));
        Assert.AreEqual((10, result.Tokens), (Values("zephyr.training.steps").Sum(), (long)Values("zephyr.training.tokens").Sum()));
        Assert.HasCount(10, Values("zephyr.training.step.duration"));
        Assert.HasCount(4, Values("zephyr.training.checkpoint.duration"));
        Assert.HasCount(4, seen.Where(s => s.Instrument == "zephyr.training.metric" && (string)s.Tags["zephyr.metric"]! == "eval_rewards/margins").ToList());
        Assert.IsTrue(seen.All(s => (string)s.Tags["zephyr.stage"]! == "dDPO"));
    }

    /// <summary>Where nobody waits for the norm, the weights stay numbers.</summary>
    [TestMethod]
    public void ANormThatIsNoNumberZeroesTheGradients()
    {
        using var model = TinyModel.Create(layers: 1);
        using var weights = new FlatParameters(model.NamedWeights);
        weights.Gradients.fill_(2);
        using var fine = tensor(3f);
        Assert.AreEqual(3f, weights.ZeroGradientsUnless(fine).item<float>());
        Assert.AreEqual(2f, weights.Gradients.min().item<float>());
        weights.Gradients[5] = tensor(float.NaN);
        using var none = tensor(float.NaN);
        Assert.AreEqual(0f, weights.ZeroGradientsUnless(none).item<float>());
        Assert.AreEqual((0f, 0f), (weights.Gradients.min().item<float>(), weights.Gradients.max().item<float>()));
    }
}
