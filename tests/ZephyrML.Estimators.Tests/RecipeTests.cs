using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Estimators.Tests;

/// <summary>The whole recipe as one ML.NET pipeline, saved, and loaded in another process.</summary>
[TestClass]
public sealed class RecipeTests
{
    [TestMethod]
    public async Task ThePipelineFitsSavesAndAnswersTheSameInASecondProcess()
    {
        using var lab = new Lab();
        using var model = lab.Recipe();
        Assert.AreEqual(12, lab.Teacher.Calls, "one pass for dSFT, one for dDPO, and no cache");
        Assert.AreEqual(6, lab.Judge.Calls, "dDPO alone reads pairs");
        var expected = lab.Ask(model, Lab.Questions);
        Assert.AreEqual(12, lab.Teacher.Calls, "nobody asks a teacher at scoring");

        var zip = lab.PathOf("zephyr.zip");
        lab.Ml.Model.Save(model, lab.Prompts.Schema, zip);
        var loaded = new MLContext().Model.Load(zip, out var schema);
        Assert.AreEqual("Prompt", schema.Single().Name);
        CollectionAssert.AreEqual(expected, lab.Ask(loaded, Lab.Questions));
        CollectionAssert.AreEqual(expected, await LoadAndReply(zip, Lab.Questions));
        Assert.AreEqual(12, lab.Teacher.Calls);
        Assert.AreEqual(6, lab.Judge.Calls);
    }

    [TestMethod]
    public void BatchesOverDataEqualSingleRows()
    {
        using var lab = new Lab();
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var single = lab.Ask(student, Lab.Questions);
        CollectionAssert.AreEqual(single, student.Transform(lab.Prompts).GetColumn<string>("Reply").ToList());
        CollectionAssert.AreEqual(single[..1], lab.Ml.Data.TakeRows(student.Transform(lab.Prompts), 1).GetColumn<string>("Reply").ToList());
        var shuffled = lab.Ml.Data.CreateEnumerable<PromptAndReply>(lab.Ml.Data.ShuffleRows(student.Transform(lab.Prompts), seed: 2), reuseRowObject: false).ToList();
        foreach (var row in shuffled)
            Assert.AreEqual(single[Array.IndexOf(Lab.Questions, row.Prompt)], row.Reply);
    }

    [TestMethod]
    public void OneSeedOneModel()
    {
        string Weights(int seed)
        {
            using var lab = new Lab(seed);
            using var model = lab.Recipe();
            return model.LastTransformer.Info.Last.Weights;
        }
        var first = Weights(1);
        Assert.AreEqual(first, Weights(1));
        Assert.AreNotEqual(first, Weights(2));
    }

    [TestMethod]
    public void TheLineageNamesEveryStep()
    {
        using var lab = new Lab();
        using var model = lab.Recipe();
        var info = model.LastTransformer.Info;
        CollectionAssert.AreEqual(new[] { "dSFT", "dDPO" }, info.Steps.Select(step => step.Stage).ToArray());
        Assert.AreEqual("base", info.Steps[0].BaseModel);
        Assert.AreEqual(info.Steps[0].Weights, info.Steps[1].StartWeights);
        Assert.AreNotEqual(info.Steps[1].StartWeights, info.Steps[1].Weights);
        Assert.AreEqual(6, info.Steps[1].RowsUsed);
        Assert.AreEqual("zephyr", info.Steps[0].Template);
        Assert.IsFalse(info.Steps.Any(step => step.Options.Contains(lab.Folder, StringComparison.Ordinal)), "no path in a lineage");
        Assert.AreEqual(Math.Log(2), info.Steps[1].Metrics.TryGetValue("loss", out var loss) ? loss : 0, 2, "a dDPO loss");
    }

    private static async Task<List<string>> LoadAndReply(string zip, string[] prompts)
    {
        // .../tests/NAME/bin/CONFIGURATION/FRAMEWORK/ -> .../examples/LoadAndReply/bin/CONFIGURATION/FRAMEWORK/
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        var program = Path.Combine(root, "examples", "LoadAndReply", "bin", here.Parent!.Name, here.Name, "LoadAndReply.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, zip, .. prompts]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode, await errors);
        // A tiny random model may say line breaks: split by the number of prompts only where it says none.
        return (await output).TrimEnd('\r', '\n').Split(Environment.NewLine).ToList() is var lines && lines.Count == prompts.Length ? lines : [await output];
    }

    private sealed class PromptAndReply
    {
        public string Prompt { get; set; } = "";

        public string Reply { get; set; } = "";
    }
}
