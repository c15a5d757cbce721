using System.Text.Json.Nodes;
using WeatherDesk;
using ZephyrML.LanguageModels;

namespace ZephyrML.Examples.Tests;

[TestClass]
public sealed class QuickstartTests
{
    private static readonly string[] Small = ["--dialogues", "40", "--heldout", "12", "--seed", "7"];

    [TestMethod]
    public void TheBaseIsSmallAndSpeaksTheTemplateOfTheQuickstart()
    {
        Assert.IsLessThanOrEqualTo(2L * 1024 * 1024, new DirectoryInfo(Programs.BaseModel).EnumerateFiles().Sum(f => f.Length));
        using var model = LanguageModel.Load(Programs.BaseModel);
        Assert.AreEqual("zephyr", model.Template.Name);
        CollectionAssert.AreEqual(new[] { "1", "7" }, model.Tokenizer.Encode("17").Select(id => model.Tokenizer.Decode([id])).ToArray(), "digits one by one");
    }

    [TestMethod]
    public void ASmallRunMakesEverythingAndASecondOneTheSameMetricsWithoutACall()
    {
        using var folder = new Programs.Folder();
        string[] arguments = [.. Small, "--out", folder.Path];
        var (exitCode, output) = Programs.Run("Quickstart", arguments);
        Assert.AreEqual(0, exitCode, output);
        foreach (var file in new[] { "zephyr.zip", "metrics.json", "replies.jsonl", "training.svg", "teacher.db" })
            Assert.IsTrue(File.Exists(Path.Combine(folder.Path, file)), file);

        var metrics = Metrics(folder.Path);
        Assert.AreEqual(Math.Log(2), (double)metrics["dpo"]!["first_step_loss"]!, 5e-4);
        Assert.IsGreaterThan(200, (long)metrics["teacher_calls"]!["first_run"]!);
        Assert.AreEqual(0, (long)metrics["teacher_calls"]!["second_run"]!);
        Assert.AreEqual(12, (int)metrics["heldout_prompts"]!);
        foreach (var path in new[] { "arms.base.fact_accuracy", "arms.sft.fact_accuracy", "arms.sft_dpo.fact_accuracy", "sft_dpo_vs_sft.win_rate", "sft_dpo_vs_sft.low", "sft_dpo_vs_sft.high", "dpo.heldout_reward_accuracy" })
            Assert.IsTrue((double)path.Split('.').Aggregate((JsonNode)metrics, (node, name) => node[name]!) is >= 0 and <= 1, path);
        var replies = File.ReadLines(Path.Combine(folder.Path, "replies.jsonl")).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.HasCount(12, replies);
        Assert.IsTrue(replies.All(r => ((string)r["prompt"]!).StartsWith((string)r["forecast"]!, StringComparison.Ordinal) && r["sft"] is not null && r["sft_dpo"] is not null));
        StringAssert.Contains(output, "Another process loads");
        Assert.AreEqual(3, output.Split("  -> ").Length - 1, output);

        (exitCode, output) = Programs.Run("Quickstart", arguments);
        Assert.AreEqual(0, exitCode, output);
        Assert.AreEqual(metrics.ToJsonString(), Metrics(folder.Path).ToJsonString());
    }

    [TestMethod]
    public void ATeacherBehindAnAddressTakesTheEmbeddedOnesPlace()
    {
        using var folder = new Programs.Folder();
        using var server = new TeacherServer(new WeatherTeacher(3));
        var (exitCode, output) = Programs.Run("Quickstart", "--teacher", server.Address.ToString(), "--model", "desk-1", "--out", folder.Path, "--dialogues", "26", "--heldout", "6");
        Assert.AreEqual(0, exitCode, output);
        Assert.AreEqual((long)Metrics(folder.Path)["teacher_calls"]!["first_run"]!, server.Calls + 4 * 26, "all but the four embedded candidates' answers");
    }

    [TestMethod]
    public void AnUnknownOptionIsToldByName()
    {
        var (exitCode, output) = Programs.Run("Quickstart", "--sede", "1");
        Assert.AreEqual(2, exitCode);
        StringAssert.StartsWith(output, "'--sede' is unknown.");
    }

    /// <summary>Everything but the timings.</summary>
    private static JsonObject Metrics(string folder)
    {
        var metrics = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "metrics.json")))!.AsObject();
        Assert.IsTrue(metrics.Remove("timings"));
        return metrics;
    }
}
