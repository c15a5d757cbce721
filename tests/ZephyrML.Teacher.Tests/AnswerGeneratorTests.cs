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
        Assert.AreEqual("Row 17 (no response cache: no answer is safe): candidate 'm1' failed: busy", e.Message);
        Assert.IsTrue(e.IsTransient && e.RetryAfter == TimeSpan.FromSeconds(3));
        Assert.AreEqual(1, finished);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => new AnswerGenerator(teacher, pool).GenerateAsync(new(17, "p"), cancelled.Token));
    }

    [TestMethod]
    public async Task Skipping_leaves_out_what_failed_and_names_it_but_not_a_used_up_budget()
    {
        using var folder = new TemporaryFolder();
        var calls = 0;
        using var teacher = new FakeChatClient((string p) => Interlocked.Increment(ref calls) == 3 ? throw new InvalidOperationException("off") : "T").WithResponseCache(folder["c.db"], "t");
        var pool = Pool(3, (name, _) => name == "m1" ? throw new TeacherException("busy") : name);
        var generator = new AnswerGenerator(teacher, pool, new() { OnTeacherFailure = OnTeacherFailure.Skip, SamplesPerModel = 2 });
        var answers = await generator.GenerateAsync(new(17, "p"));
        CollectionAssert.AreEqual((string[])["m0", "m0", "m2", "m2"], answers.Candidates.ToArray());
        CollectionAssert.AreEqual((string[])["m0", "m0", "m2", "m2"], answers.CandidateModels.ToArray());
        Assert.AreEqual("T", answers.Response);
        Assert.HasCount(2, answers.Failures);
        StringAssert.Contains(answers.Failures[0].Message, "candidate 'm1' failed: busy");
        await generator.GenerateAsync(new(18, "q"));
        var failed = await generator.GenerateAsync(new(19, "r"));
        Assert.AreEqual("", failed.Response);
        Assert.AreEqual("Row 19 (2 answers of this run are safe in the response cache): the teacher failed: off", failed.Failures.Single(f => f.Message.Contains("teacher failed")).Message);

        var broke = new FakeChatClient((_, _, _) => throw new BudgetExceededException("no money"));
        await Assert.ThrowsExactlyAsync<BudgetExceededException>(() => new AnswerGenerator(broke, null, new() { OnTeacherFailure = OnTeacherFailure.Skip }).GenerateAsync(new(0, "p")));
        using var replay = new FakeChatClient((string p) => "T").WithResponseCache(folder["c.db"], "t", CacheMode.ReplayOnly);
        var miss = await Assert.ThrowsExactlyAsync<CacheMissException>(() => new AnswerGenerator(replay, null, new() { OnTeacherFailure = OnTeacherFailure.Skip }).GenerateAsync(new(3, "never asked")));
        StringAssert.StartsWith(miss.Message, "Row 3 (");
    }
}
