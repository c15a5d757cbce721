using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Tests;

/// <summary>SelfInstruct as data: lazy, made once, and going on from its file.</summary>
[TestClass]
public sealed class SelfInstructTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zephyr-grow").FullName;

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void DialoguesGrowWhenTheyAreReadAndOnlyOnce()
    {
        var desk = new Desk();
        var grown = desk.Z.SelfInstruct(desk.Prompts(4), desk.Teacher, new() { Refinements = 0 });
        CollectionAssert.AreEquivalent(new[] { "Messages", "Prompt", "Response" }, grown.Schema.Select(column => column.Name).ToArray());
        Assert.IsNull(grown.GetRowCount());
        Assert.AreEqual(0, desk.Teacher.Calls);
        CollectionAssert.AreEqual(Enumerable.Range(0, 4).Select(i => $"teacher: prompt {i}").ToArray(), grown.GetColumn<string>("Response").ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(0, 4).Select(i => $"prompt {i}").ToArray(), grown.GetColumn<string>("Prompt").ToArray());
        StringAssert.Contains(grown.GetColumn<string>("Messages").First(), "\"assistant\"");
        Assert.AreEqual(4, grown.GetRowCount());
        Assert.AreEqual(4, desk.Teacher.Calls);
    }

    [TestMethod]
    public void AFailureEndsThePassAndTheNextOneGoesOn()
    {
        var broken = true;
        var desk = new Desk(teacher: prompt => broken && prompt == "prompt 2" ? throw new InvalidOperationException("off") : prompt + "!");
        var path = Path.Combine(_folder, "grown.jsonl");
        var grown = desk.Z.SelfInstruct(desk.Prompts(4), desk.Teacher, new() { Refinements = 0, ContinueFrom = path, MaxConcurrency = 1 });
        Assert.Throws<Exception>(() => grown.GetColumn<string>("Response").ToList());
        broken = false;
        Assert.HasCount(4, grown.GetColumn<string>("Response").ToList());
        Assert.AreEqual(5, desk.Teacher.Calls, "the failed call alone is asked for again");

        var later = new Desk();
        Assert.HasCount(4, later.Z.SelfInstruct(later.Prompts(4), later.Teacher, new() { Refinements = 0, ContinueFrom = path }).GetColumn<string>("Prompt").ToList());
        Assert.AreEqual(0, later.Teacher.Calls);
    }

    [TestMethod]
    public void CountsGoToTheLogAndAnUnsafeRunIsWarnedAbout()
    {
        var desk = new Desk();
        var infos = new List<string>();
        desk.Ml.Log += (_, e) =>
        {
            if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Info)
                infos.Add(e.Message);
        };
        _ = desk.Z.SelfInstruct(desk.Prompts(4), desk.Teacher, new() { Refinements = 0, ContinueFrom = Path.Combine(_folder, "a.jsonl") }).GetColumn<string>("Prompt").ToList();
        StringAssert.Contains(infos.Single(), "SelfInstruct: 4 made, 0 continued.");
        Assert.IsEmpty(desk.Warnings);
        var dry = desk.Z.SelfInstruct(desk.Prompts(4), desk.Teacher, new() { TargetSize = 9, MaxRougeL = 0.5 });
        Assert.IsEmpty(desk.Warnings, "nothing is begun before rows are read");
        _ = dry.GetColumn<string>("Prompt").ToList();
        _ = dry.GetColumn<string>("Prompt").ToList();
        Assert.HasCount(2, desk.Warnings);
        StringAssert.Contains(desk.Warnings[0], "ContinueFrom");
        StringAssert.Contains(desk.Warnings[1], "ended below its target size");
        StringAssert.Contains(desk.Warnings[1], "dropped as");
    }
}
