using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public sealed class MtBenchTests
{
    private const string Questions = """
        {"question_id": 1, "category": "writing", "turns": ["Write about {answer}.", "Shorter."]}
        {"question_id": 2, "category": "math", "turns": ["2+2?", "And 3 more?"]}
        {"question_id": 3, "category": "stem", "turns": ["What is heat?", "Why?"]}
        """;

    private const string References = """{"question_id": 2, "choices": [{"index": 0, "turns": ["4", "7"]}]}""";

    [TestMethod]
    public async Task Two_turns_are_asked_and_each_is_scored()
    {
        using var folder = Folder();
        var model = new FakeChatClient((messages, options, _) => Task.FromResult(FakeChatClient.Reply($"reply to '{messages[^1].Text}' after {messages.Count - 1}")));
        var judge = new FakeChatClient((messages, _, _) => Task.FromResult(FakeChatClient.Reply(messages[^1].Text.Contains("Second:") ? "Short [[4]]" : "Fine. Rating: [[8]]")));
        var metrics = await MtBench.RunAsync(model, judge, MtBenchFolder.Load(folder.Root), name: "student");
        Assert.AreEqual((6.0, 8.0, 4.0, 0), (metrics.Score, metrics.FirstTurn, metrics.SecondTurn, metrics.Unread));
        Assert.AreEqual(6, model.Calls);
        Assert.AreEqual(6, judge.Calls);
        Assert.IsTrue(model.Messages.Where(m => m.Count > 1).All(m => m.Count == 3 && m[1].Role == ChatRole.Assistant), "the second turn follows the first answer");
        var temperatures = model.Messages.Zip(model.Options).ToDictionary(p => p.First[0].Text + p.First.Count, p => p.Second!.Temperature);
        Assert.AreEqual(0.7f, temperatures["Write about {answer}.1"]);
        Assert.AreEqual(0f, temperatures["2+2?1"]);
        Assert.AreEqual(0.1f, temperatures["What is heat?3"]);
        var asked = judge.Messages.Select(m => m[^1].Text).ToList();
        Assert.Contains("Single: Write about {answer}. | reply to 'Write about {answer}.' after 0", asked);
        Assert.Contains("SingleMath: 2+2? ref 4 | reply to '2+2?' after 0", asked);
        Assert.Contains("SecondMath: Second: 2+2? And 3 more? refs 4 7 | reply to '2+2?' after 0 | reply to 'And 3 more?' after 2", asked);
        Assert.AreEqual("writing,math,stem", string.Join(",", metrics.Categories.Keys));
        Assert.Contains("<svg", metrics.Charts.Single());
    }

    [TestMethod]
    public async Task What_cannot_be_read_is_left_out_and_counted()
    {
        using var folder = Folder();
        var model = new FakeChatClient(_ => "x");
        var asked = 0;
        var judge = new FakeChatClient(user => { Interlocked.Increment(ref asked); return user.StartsWith("Single:", StringComparison.Ordinal) ? "Rating: [[9]]" : "Rating: [[11]], or none"; });
        var metrics = await MtBench.RunAsync(model, judge, MtBenchFolder.Load(folder.Root), new() { MaxReasks = 1 });
        Assert.AreEqual(9, metrics.Score);
        Assert.AreEqual(4, metrics.Unread);
        Assert.IsTrue(double.IsNaN(metrics.SecondTurn));
        Assert.AreEqual(2 + 4 * 2, asked);
    }

    [TestMethod]
    [DataRow("Rating: [[5]]", 5.0)]
    [DataRow("[[7.5]] and [[3]]", 7.5)]
    [DataRow("Rating: [6]", 6.0)]
    [DataRow("[[0]]", null)]
    [DataRow("ten of ten", null)]
    public void A_score_is_read_as_FastChat_reads_it(string reply, double? expected) => Assert.AreEqual(expected, MtBench.ReadScore(reply));

    [TestMethod]
    public async Task Two_models_are_compared_in_both_orders()
    {
        using var data = Folder();
        var folder = MtBenchFolder.Load(data.Root);
        var better = await MtBench.AnswerAsync(new FakeChatClient(_ => "better"), folder);
        var worse = await MtBench.AnswerAsync(new FakeChatClient(_ => "worse"), folder);
        var judge = new FakeChatClient(user => user.Contains("A: better") ? "[[A]]" : "[[B]]");
        var metrics = await MtBench.CompareAsync(better, worse, judge, folder);
        Assert.AreEqual((6, 0, 0), (metrics.WinRate.Wins, metrics.WinRate.Ties, metrics.WinRate.Losses));
        Assert.AreEqual(12, judge.Calls);
        Assert.AreEqual(1, metrics.Consistency);
        var placed = await MtBench.CompareAsync(better, worse, new FakeChatClient(_ => "[[A]]"), folder);
        Assert.AreEqual(6, placed.WinRate.Ties, "a verdict that changes with the order is a tie");
        Assert.AreEqual(1, placed.FirstPlaceShare);
    }

    [TestMethod]
    public void What_is_wrong_with_a_folder_is_said()
    {
        using var folder = Folder();
        File.WriteAllText(folder["question.jsonl"], Questions + "\n{\"question_id\": 4, \"category\": \"coding\", \"turns\": [\"x\", \"y\"]}");
        Assert.Contains("question 4 (coding) is judged against a reference answer", Assert.ThrowsExactly<InvalidDataException>(() => MtBenchFolder.Load(folder.Root)).Message);
        File.WriteAllText(folder["question.jsonl"], Questions + "\n{\"question_id\": 5}");
        Assert.Contains("question.jsonl, line 4", Assert.ThrowsExactly<InvalidDataException>(() => MtBenchFolder.Load(folder.Root)).Message);
        File.WriteAllText(folder["question.jsonl"], Questions);
        File.WriteAllText(folder["judge_prompts.jsonl"], """{"name": "single-v1", "system_prompt": "", "prompt_template": ""}""");
        Assert.Contains("missing: single-math-v1", Assert.ThrowsExactly<InvalidDataException>(() => MtBenchFolder.Load(folder.Root)).Message);
        File.Delete(folder["judge_prompts.jsonl"]);
        Assert.Contains("judge_prompts.jsonl", Assert.ThrowsExactly<FileNotFoundException>(() => MtBenchFolder.Load(folder.Root)).Message);
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => MtBenchFolder.Load(folder["nowhere"]));
    }

    [TestMethod]
    public async Task The_real_questions_and_prompts_fit_together()
    {
        var folder = MtBenchFolder.Load(SharedData.Require("data/mt_bench"));
        Assert.HasCount(80, folder.Questions);
        var answers = await MtBench.AnswerAsync(new FakeChatClient(_ => "An answer with {braces}."), folder);
        var judge = new FakeChatClient(_ => "Rating: [[5]] [[C]]");
        var metrics = await MtBench.ScoreAsync(answers, judge, folder);
        Assert.AreEqual((5.0, 160, 8), (metrics.Score, metrics.Scores.Count, metrics.Categories.Count));
        Assert.IsTrue(judge.Messages.All(m => m[^1].Text.Contains("An answer with {braces}.")));
        Assert.IsFalse(judge.Messages.Any(m => m[^1].Text.Contains("{question}") || m[^1].Text.Contains("{ref_answer")));
        Assert.AreEqual(160, (await MtBench.CompareAsync(answers, answers, judge, folder)).WinRate.Ties);
    }

    private static TemporaryFolder Folder()
    {
        var folder = new TemporaryFolder();
        File.WriteAllText(folder["question.jsonl"], Questions);
        File.WriteAllText(folder["reference_answer.gpt-4.jsonl"], References);
        (string Name, string Template)[] prompts =
        [
            ("single-v1", "Single: {question} | {answer}"),
            ("single-math-v1", "SingleMath: {question} ref {ref_answer_1} | {answer}"),
            ("single-v1-multi-turn", "Second: {question_1} {question_2} | {answer_1} | {answer_2}"),
            ("single-math-v1-multi-turn", "SecondMath: Second: {question_1} {question_2} refs {ref_answer_1} {ref_answer_2} | {answer_1} | {answer_2}"),
            ("pair-v2", "Q {question} A: {answer_a} B: {answer_b}"),
            ("pair-math-v1", "Q {question} ref {ref_answer_1} A: {answer_a} B: {answer_b}"),
            ("pair-v2-multi-turn", "Q {question_1} {question_2} A: {answer_a_1} {answer_a_2} B: {answer_b_1} {answer_b_2}"),
            ("pair-math-v1-multi-turn", "Q {question_2} ref {ref_answer_2} A: {answer_a_2} B: {answer_b_2} {question_1} {ref_answer_1}"),
        ];
        File.WriteAllLines(folder["judge_prompts.jsonl"], prompts.Select(p => $$"""{"name": "{{p.Name}}", "type": "x", "system_prompt": "Judge.", "prompt_template": "{{p.Template}}"}"""));
        return folder;
    }
}
