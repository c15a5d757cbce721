using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class AnswerGeneratorTests
{
    private static CandidatePool Pool(int count, Func<string, string, string>? answer = null)
    {
        var pool = new CandidatePool();
        for (var i = 0; i < count; i++)
        {
            var name = $"m{i}";
            pool[name] = new FakeChatClient((string prompt) => answer?.Invoke(name, prompt) ?? $" {name}: {prompt}\n");
        }
        return pool;
    }

    [TestMethod]
    public async Task Asks_the_teacher_and_k_of_n_models()
    {
        var teacher = new FakeChatClient((string p) => "T: " + p);
        var pool = Pool(6);
        var generator = new AnswerGenerator(teacher, pool, new() { ModelsPerPrompt = 3, Seed = 4, MaxOutputTokens = 77 });
        for (var row = 0L; row < 20; row++)
        {
            var answers = await generator.GenerateAsync(new(row, "Why?"));
            Assert.AreEqual("T: Why?", answers.Response);
            CollectionAssert.AreEqual(pool.Choose(3, 4, row).Select(c => c.Name).ToArray(), answers.CandidateModels.ToArray());
            CollectionAssert.AreEqual(answers.CandidateModels.Select(m => m + ": Why?").ToArray(), answers.Candidates.ToArray());
        }
        Assert.AreEqual((0.7f, 77), (teacher.Options[0]!.Temperature, teacher.Options[0]!.MaxOutputTokens));
        Assert.AreEqual(1f, ((FakeChatClient)pool["m0"]).Options[0]!.Temperature);
    }

    [TestMethod]
    public async Task Asks_only_for_what_is_wanted()
    {
        var teacher = new FakeChatClient((string p) => "T");
        var pool = Pool(2);
        var generator = new AnswerGenerator(teacher, pool);
        var answers = await generator.GenerateAsync(new(0, "p") { WantsResponse = false });
        Assert.AreEqual((0, "", 2), (teacher.Calls, answers.Response, answers.Candidates.Count));
        answers = await generator.GenerateAsync(new(0, "p") { WantsCandidates = false });
        Assert.AreEqual((1, "T", 0), (teacher.Calls, answers.Response, answers.Candidates.Count));
        Assert.HasCount(2, (await new AnswerGenerator(null, pool).GenerateAsync(new(0, "p"))).Candidates);
        Assert.AreEqual("T", (await new AnswerGenerator(teacher, null).GenerateAsync(new(0, "p"))).Response);
        Assert.ThrowsExactly<ArgumentException>(() => new AnswerGenerator(null, []));
    }

    [TestMethod]
    public async Task Several_samples_of_a_model_are_several_answers()
    {
        using var folder = new TemporaryFolder();
        var n = 0;
        var inner = new FakeChatClient((string p) => $"answer {Interlocked.Increment(ref n)}");
        using var client = inner.WithResponseCache(folder["c.db"], "m");
        var generator = new AnswerGenerator(null, new() { ["m"] = client }, new() { SamplesPerModel = 3 });
        var first = await generator.GenerateAsync(new(0, "p"));
        var second = await generator.GenerateAsync(new(1, "p"));
        Assert.AreEqual(3, first.Candidates.Distinct().Count());
        CollectionAssert.AreEqual(first.Candidates.ToArray(), second.Candidates.ToArray());
        Assert.AreEqual(3, inner.Calls);
    }

    [TestMethod]
    public async Task A_dialogue_is_the_context_instead_of_the_prompt()
    {
        var teacher = new FakeChatClient((string p) => "T");
        var generator = new AnswerGenerator(teacher, null, new() { SystemPrompt = "Be kind." });
        await generator.GenerateAsync(new(0, "ignored") { Messages = [new("system", "S"), new("user", "a"), new("assistant", "b"), new("user", "c"), new("assistant", "the answer in the data")] });
        await generator.GenerateAsync(new(0, "prompt") { Messages = [new("system", "S")] });
        await generator.GenerateAsync(new(0, "prompt"));
        string Shown(int call) => string.Join(" | ", teacher.Messages[call].Select(m => $"{m.Role}: {m.Text}"));
        Assert.AreEqual("system: Be kind.\n\nS | user: a | assistant: b | user: c", Shown(0));
        Assert.AreEqual("system: Be kind.\n\nS | user: prompt", Shown(1));
        Assert.AreEqual("system: Be kind. | user: prompt", Shown(2));
    }

    [TestMethod]
    public async Task Principles_go_to_candidates_by_row_and_model()
    {
        var pool = Pool(3);
        var teacher = new FakeChatClient((string p) => "T");
        var generator = new AnswerGenerator(teacher, pool, new() { Principles = PrincipleMix.Dialogue });
        for (var row = 0; row < 40; row++)
            await generator.GenerateAsync(new(row, "p"));
        Assert.IsTrue(teacher.Messages.TrueForAll(m => m.Count == 1));
        var systems = pool.SelectMany(c => ((FakeChatClient)c.Client).Messages.Select(m => m[0])).ToList();
        Assert.IsTrue(systems.TrueForAll(m => m.Role == ChatRole.System && m.Text.Length > 20));
        Assert.IsGreaterThan(6, systems.Select(m => m.Text).Distinct().Count());
        Assert.AreEqual(Principles.Draw(PrincipleMix.Dialogue, 0, 3, "m1"), Principles.Draw(PrincipleMix.Dialogue, 0, 3, "m1"));
        Assert.IsNull(Principles.Draw(PrincipleMix.None, 0, 3, "m1"));
    }

    [TestMethod]
    public async Task A_failure_names_row_and_model_and_lets_the_others_finish()
    {
        var finished = 0;
        var teacher = new FakeChatClient(async (m, _, _) =>
        {
            await Task.Delay(30);
            finished++;
            return FakeChatClient.Reply("T");
        });
        var pool = Pool(3, (name, _) => name == "m1" ? throw new TeacherException("busy") { IsTransient = true, RetryAfter = TimeSpan.FromSeconds(3) } : "fine");
        var e = await Assert.ThrowsExactlyAsync<TeacherException>(() => new AnswerGenerator(teacher, pool).GenerateAsync(new(17, "p")));
        Assert.AreEqual("Row 17: candidate 'm1' failed: busy", e.Message);
        Assert.IsTrue(e.IsTransient && e.RetryAfter == TimeSpan.FromSeconds(3));
        Assert.AreEqual(1, finished);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => new AnswerGenerator(teacher, pool).GenerateAsync(new(17, "p"), cancelled.Token));
    }
}
