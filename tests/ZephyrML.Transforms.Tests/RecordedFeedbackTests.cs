using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>Rank over feedback that somebody recorded: GPT-4-turbo's preferences for seven models' answers, where the shared data is there, and a small sample in their form.</summary>
[TestClass]
public sealed class RecordedFeedbackTests
{
    private const string Reference = "gpt4_1106_preview";

    private static readonly JsonlOptions Options = new() { ScoreField = "gpt4_preference", LeaveOutModels = [Reference] };

    private readonly MLContext _ml = new(1);

    [TestMethod]
    public void TheJudgesBestIsChosenForEachOfSevenHundredInstructions()
    {
        if (Shared("data/alpaca_eval/candidates.jsonl.gz") is not { } path)
        {
            Assert.Inconclusive("The shared data is not here.");
            return;
        }
        var counts = Check(path);
        Console.WriteLine(counts);
        Assert.AreEqual((700, 700, 700, 0), (counts.Rows, counts.Judged, counts.Paired, counts.MissingScores));
        Assert.AreEqual(7, counts.SharedBest, "ties, broken by the first index (as 32-bit numbers; two of them differ beyond)");
    }

    [TestMethod]
    public void TheJudgesBestIsChosenInASmallSample()
    {
        var path = Path.Combine(Path.GetTempPath(), $"zephyr-{Guid.NewGuid():N}.jsonl");
        try
        {
            File.WriteAllLines(path, Enumerable.Range(0, 60).Select(i =>
                $$"""{"prompt":"question {{i}}","source":"own","candidates":[{"model":"a","text":"a{{i}}","gpt4_preference":{{1 + (i % 7) / 10.0}}},{"model":"b","text":"same","gpt4_preference":{{1 + (i % 5) / 10.0}}},{"model":"{{Reference}}","text":"r","gpt4_preference":1.5},{"model":"c","text":"same","gpt4_preference":{{1 + (i % 3) / 10.0}}}]}"""));
            var counts = Check(path);
            Assert.AreEqual(60, counts.Rows);
            Assert.IsTrue(counts is { Ties: > 0, SharedBest: > 3 });
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Ranks by a judge that replays the file, and compares with the file itself.</summary>
    private FeedbackStatistics Check(string path)
    {
        var z = _ml.Zephyr(o => o.Seed = 11);
        var recorded = _ml.Data.Cache(z.LoadJsonl(path, Options));
        var judge = z.RecordedJudge(recorded);
        var asked = _ml.Transforms.DropColumns("Scores").Fit(recorded).Transform(recorded);
        var expected = recorded.GetColumn<string[]>("Candidates").Zip(recorded.GetColumn<float[]>("Scores")).ToList();
        Assert.IsFalse(recorded.GetColumn<string[]>("CandidateModels").Any(models => models.Contains(Reference)));
        var rejected = new Dictionary<RejectedPolicy, List<string>>();
        RankTransformer? model = null;
        foreach (var policy in Enum.GetValues<RejectedPolicy>())
        {
            model = z.Rank(judge, new() { Rejected = policy, Seed = 3 }).Fit(asked);
            var pairs = _ml.Data.CreateEnumerable<Pair>(model.Transform(asked), reuseRowObject: false, ignoreMissingColumns: true).ToList();
            Assert.HasCount(expected.Count, pairs);
            rejected[policy] = pairs.ConvertAll(p => p.Rejected);
            for (var i = 0; i < pairs.Count; i++)
            {
                var (texts, scores) = expected[i];
                CollectionAssert.AreEqual(scores, pairs[i].Scores, $"row {i}");
                var best = Array.IndexOf(scores, scores.Max());
                var lower = Enumerable.Range(0, scores.Length).Where(k => scores[k] < scores[best]).ToList();
                if (lower.Count == 0)
                {
                    Assert.AreEqual(("", ""), (pairs[i].Chosen, pairs[i].Rejected));
                    continue;
                }
                Assert.AreEqual(texts[best], pairs[i].Chosen, $"row {i}");
                var bound = policy switch { RejectedPolicy.Lowest => lower.Min(k => scores[k]), RejectedPolicy.SecondBest => lower.Max(k => scores[k]), _ => float.NaN };
                if (policy == RejectedPolicy.Random)
                    Assert.IsTrue(lower.Exists(k => texts[k] == pairs[i].Rejected), $"row {i}");
                else
                    Assert.AreEqual(texts[lower.First(k => scores[k] == bound)], pairs[i].Rejected, $"row {i}");
            }
        }
        Assert.AreEqual(0, judge.Misses);
        List<string> Random(int seed) => [.. z.Rank(judge, new() { Seed = seed }).Fit(asked).Transform(asked).GetColumn<string>("Rejected")];
        CollectionAssert.AreEqual(rejected[RejectedPolicy.Random], Random(3));
        CollectionAssert.AreNotEqual(rejected[RejectedPolicy.Random], Random(4));
        var direct = z.FeedbackStatistics(recorded);
        Assert.AreEqual((model!.Statistics.Paired, model.Statistics.Ties, model.Statistics.SharedBest), (direct.Paired, direct.Ties, direct.SharedBest));
        Assert.AreEqual(model.Statistics.LengthCorrelation, direct.LengthCorrelation, 1e-9);
        return model.Statistics;
    }

    private static string? Shared(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "shared", name)))
                return Path.Combine(folder.FullName, "shared", name);
        }
        return null;
    }

    private sealed class Pair
    {
        public float[] Scores { get; set; } = [];

        public string Chosen { get; set; } = "";

        public string Rejected { get; set; } = "";
    }
}
