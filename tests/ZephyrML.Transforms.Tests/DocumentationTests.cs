using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>The examples of docs/feedback.md, as they stand there but for names of files and the number of dialogues.</summary>
[TestClass]
public sealed class DocumentationTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zephyr-docs").FullName;
    private readonly MLContext ml = new(seed: 42);

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    /// <summary>Refines, plays the user, judges and answers; its refinements differ enough to be kept.</summary>
    private static FakeClient Client(string name) => new(name, prompt =>
        AspectPrompt.TryRead(prompt, out var question) ? AspectPrompt.RenderReply(question!, [.. question!.Texts.Select(t => 1f + t.Length % 5)])
        : RefinementPrompt.TryRead(prompt, out var x, out var y) ? $"Explain {Number(prompt)} and {Number(prompt + x)} to {Number(prompt + y)}?"
        : UserTurnPrompt.TryRead(prompt, out var turns) ? $"And what of number {turns.Count}?"
        : $"{name} says {Number(prompt)}.");

    private static string Number(string text) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..6];

    [TestMethod]
    public void SeedsToDialogues()
    {
        var (z, teacher) = (ml.Zephyr(), Client("teacher"));
        string[] questions = ["Describe today's weather.", "Will it rain tomorrow?", "What is this week's temperature range?"];
        IDataView seeds = ml.Data.LoadFromEnumerable(questions.Select(q => new Prompt { Text = q }));
        IDataView pairs = z.SelfInstruct(seeds, teacher);                                                            // six: three answers, then three refined instructions with theirs
        IDataView dialogues = z.SelfInstruct(seeds, teacher, new() { TargetSize = 20, Rounds = 3, MaxRougeL = 0.7, ContinueFrom = Path.Combine(_folder, "dialogues.jsonl") });

        var prompts = pairs.GetColumn<string>("Prompt").ToArray();
        Assert.HasCount(6, prompts);
        CollectionAssert.AreEqual(questions, prompts[..3]);
        var grown = dialogues.GetColumn<string>("Messages").ToList();
        Assert.HasCount(20, grown);
        Assert.IsTrue(grown.TrueForAll(d => DialogueJson.Parse(d).Turns.Count == 6));
        CollectionAssert.AreEqual(grown, ml.Zephyr().LoadJsonl(Path.Combine(_folder, "dialogues.jsonl")).GetColumn<string>("Messages").ToList());
    }

    [TestMethod]
    public void AnswersOfSeveralModelsAndTheirPairs()
    {
        var z = ml.Zephyr();
        IChatClient teacher = Client("gpt-4.1"), llama = Client("llama"), mistral = Client("mistral"), phi = Client("phi"), qwen = Client("qwen");
        var pool = new CandidatePool { { "llama", llama, 2 }, { "mistral", mistral, 1 }, { "phi", phi, 1 }, { "gpt-4.1", teacher, 1 }, { "qwen", qwen, 1 } };
        var generate = z.TeacherGenerate(teacher, pool, new() { ModelsPerPrompt = 4, Principles = PrincipleMix.Dialogue, OnTeacherFailure = OnTeacherFailure.Skip, MaxFailedFraction = 0.05 });

        var prompts = ml.Data.LoadFromEnumerable(((string[])["Plan a scene for a game about space exploration.", "How do I make chocolate brownies?"]).Select(p => new Prompt { Text = p }));
        var view = generate.Append(z.Rank(teacher)).Fit(prompts).Transform(prompts);
        Assert.IsTrue(view.GetColumn<string[]>("Candidates").All(c => c.Length == 4 && c.All(text => text.Length > 0)));
        var (chosen, scores) = (view.GetColumn<string>("Chosen").ToArray(), view.GetColumn<float[]>("Scores").ToArray());
        for (var row = 0; row < 2; row++)
            Assert.IsTrue(chosen[row].Length > 0 || scores[row].Distinct().Count() == 1);
    }

    [TestMethod]
    public void RecordedFeedbackToPairs()
    {
        File.WriteAllLines(Path.Combine(_folder, "candidates.jsonl"),
        [
            """{"prompt":"Plan a scene for a game about space exploration.","candidates":[{"model":"a","text":"A derelict ark drifts by.","gpt4_preference":1.6},{"model":"gpt4_1106_preview","text":"…","gpt4_preference":1.5},{"model":"b","text":"Space.","gpt4_preference":1.0}]}""",
            """{"prompt":"How do I make chocolate brownies?","candidates":[{"model":"a","text":"Melt, mix, bake.","gpt4_preference":1.31},{"model":"b","text":"Mix, bake.","gpt4_preference":1.3}]}""",
        ]);
        var z = ml.Zephyr();
        IDataView recorded = z.LoadJsonl(Path.Combine(_folder, "candidates.jsonl"), new() { ScoreField = "gpt4_preference", LeaveOutModels = ["gpt4_1106_preview"] });
        RankTransformer rank = z.Rank(z.RecordedJudge(recorded), new() { Rejected = RejectedPolicy.Random, MinScoreGap = 0.1f, Seed = 1 }).Fit(recorded);
        JsonlRows rows = z.SaveJsonl(rank.Transform(recorded), Path.Combine(_folder, "pairs.jsonl.gz"), JsonlFormat.Binarized);
        Console.WriteLine($"{rows.Saved} pairs, {rows.Skipped} rows without one. {rank.Statistics}");

        Assert.AreEqual(new JsonlRows(1, 1), rows);
        Assert.AreEqual((1, 1), (rank.Statistics.Paired, rank.Statistics.GapTooSmall));
        Assert.AreEqual("A derelict ark drifts by.", z.LoadJsonl(Path.Combine(_folder, "pairs.jsonl.gz")).GetColumn<string>("Chosen").Single());
    }
}
