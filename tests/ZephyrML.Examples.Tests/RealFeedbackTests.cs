using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using WeatherDesk;
using ZephyrML.Teacher;

namespace ZephyrML.Examples.Tests;

[TestClass]
public sealed class RealFeedbackTests
{
    [TestMethod]
    public void RecordedScoresRankTheReferenceIsLeftOutAndOfEqualsTheFirstIsChosen()
    {
        using var folder = new Programs.Folder();
        var file = Path.Combine(folder.Path, "feedback.jsonl");
        File.WriteAllLines(file,
        [
            Row("Which is best?", ("a", "first", 1.2), ("b", "second", 1.9), ("c", "third", 1.9), ("reference", "never", 2.0)),
            Row("And here?", ("a", "low", 1.0), ("b", "high", 1.7), ("reference", "never", 2.0)),
            Row("Nothing to choose.", ("a", "one", 1.5), ("b", "two", 1.5), ("reference", "never", 2.0)),
        ]);
        var ml = new MLContext(1);
        var z = ml.Zephyr();
        var rows = z.LoadJsonl(file, new() { ScoreField = "gpt4_preference", LeaveOutModels = ["reference"] });
        var ranked = z.Rank(new RecordedJudge([])).Fit(rows).Transform(rows);
        CollectionAssert.AreEqual(new[] { "second", "high", "" }, ranked.GetColumn<string>("Chosen").ToArray());
        CollectionAssert.AreEqual(new[] { "first", "low", "" }, ranked.GetColumn<string>("Rejected").ToArray());
    }

    [TestMethod]
    public async Task ASmallRunRanksTrainsSavesAndAnswers()
    {
        using var folder = new Programs.Folder();
        var file = Path.Combine(folder.Path, "feedback.jsonl");
        var lines = new List<string>();
        foreach (var prompt in new PromptSampler(5).Training(14))
        {
            var answers = new List<(string, string, double)>();
            foreach (var model in WeatherCandidate.Pool(5))
            {
                var text = (await model.Client.GetResponseAsync([new(Microsoft.Extensions.AI.ChatRole.User, prompt.Text)])).Text;
                answers.Add((model.Name, text, 1 + ReplyJudge.Score(prompt, text).Value));
            }
            answers.Add(("gpt4_1106_preview", "Not to be used.", 2));
            lines.Add(Row(prompt.Text, [.. answers]));
        }
        File.WriteAllLines(file, lines);
        var (exitCode, output) = Programs.Run("RealFeedback", "--student", Programs.BaseModel, "--feedback", file, "--out", folder.Path, "--train", "8", "--heldout", "4", "--prompt", new PromptSampler(6).Training(1).First().Text);
        Assert.AreEqual(0, exitCode, output);
        StringAssert.Contains(output, "12 pairs used: 8 to train on, 4 held out");
        StringAssert.Contains(output, "  -> ");
        var figures = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.Path, "figures.json")))!;
        Assert.AreEqual(8, (int)figures["dpo"]!["rows_used"]!);
        Assert.AreEqual(Math.Log(2), (double)figures["dpo"]!["first_loss"]!, 1e-4);
        foreach (var name in new[] { "pair_accuracy_before", "pair_accuracy_after", "reward_accuracy_after" })
            Assert.IsTrue((double)figures["heldout"]![name]! is >= 0 and <= 1, name);
        Assert.IsGreaterThan(0, (double)figures["peak_memory_mib"]!);
        Assert.IsTrue(File.Exists(Path.Combine(folder.Path, "zephyr.zip")));
    }

    [TestMethod]
    public void TooFewPairsAreToldWithTheirNumber()
    {
        using var folder = new Programs.Folder();
        var file = Path.Combine(folder.Path, "feedback.jsonl");
        File.WriteAllLines(file, [Row("Which?", ("a", "one", 1), ("b", "two", 2))]);
        var (exitCode, output) = Programs.Run("RealFeedback", "--student", Programs.BaseModel, "--feedback", file, "--out", folder.Path);
        Assert.AreNotEqual(0, exitCode);
        StringAssert.Contains(output, "1 of 1 rows have a pair");
    }

    private static string Row(string prompt, params (string Model, string Text, double Score)[] candidates) => JsonSerializer.Serialize(new
    {
        prompt,
        source = "test",
        candidates = candidates.Select(c => new { model = c.Model, text = c.Text, gpt4_preference = c.Score }),
    });
}
