using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>What users write, against a real server.</summary>
[TestClass]
public class UseTests
{
    [TestMethod]
    public async Task From_prompts_to_pairs_with_nothing_paid_twice()
    {
        using var folder = new TemporaryFolder();
        using var server = new LoopbackServer(async (_, context, body) =>
        {
            var asked = LoopbackServer.LastMessage(body);
            var answer = AspectPrompt.TryRead(asked, out var q)
                ? AspectPrompt.RenderReply(q!, [.. q!.Texts.Select(t => t.Contains("good", StringComparison.Ordinal) ? 5f : 2f)])
                : body.Contains("\"model\":\"good\"", StringComparison.Ordinal) ? "a good answer" : "an answer of " + body[10..16];
            await LoopbackServer.SendAsync(context, 200, LoopbackServer.Answer(answer));
        });
        IChatClient Model(string name) => TeacherClient.Create(TeacherClient.OpenAI(server.Address, name, apiKey: () => Environment.GetEnvironmentVariable("ZEPHYR_TEST_NO_KEY")),
            new() { Name = name, Cache = folder["teacher.db"], MaxConcurrency = 16 });
        for (var run = 0; run < 2; run++)
        {
            using var teacher = Model("gpt");
            using var good = Model("good");
            using var poor = Model("poor");
            using var weak = Model("weak");
            var pool = new CandidatePool { ["good"] = good, ["poor"] = poor, ["weak"] = weak, ["gpt"] = teacher };
            var generator = new AnswerGenerator(teacher, pool);
            IAnswerJudge judge = new UltraFeedbackJudge(teacher);
            for (var row = 0L; row < 5; row++)
            {
                var answers = await generator.GenerateAsync(new(row, $"prompt {row}"));
                var judgement = await judge.JudgeAsync(new($"prompt {row}", answers.Candidates, answers.CandidateModels, row));
                var pair = PairSelector.Select(judgement.Scores, new() { MinScoreGap = 0.5f }, row)!.Value;
                Assert.AreEqual("good", answers.CandidateModels[pair.ChosenIndex]);
                Assert.AreNotEqual(pair.ChosenIndex, pair.RejectedIndex);
            }
            Assert.AreEqual(run == 0 ? 30 : 0, teacher.GetService<ResponseCacheStatistics>()!.Paid);       // 5 × (response + candidate, at another temperature, + 4 aspects)
        }
        Assert.AreEqual(5 * (1 + 4 + 4), server.Requests);
    }

    [TestMethod]
    public async Task A_thousand_answers_at_sixty_four_at_once()
    {
        using var folder = new TemporaryFolder();
        var inner = new FakeChatClient(async (m, _, ct) =>
        {
            await Task.Delay(50, ct);
            return FakeChatClient.Reply("a");
        });
        using var client = TeacherClient.Create(inner, new() { Name = "t", Cache = folder["c.db"], MaxConcurrency = 64 });
        var start = DateTime.UtcNow;
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => client.GetResponseAsync($"{i}")));
        var seconds = (DateTime.UtcNow - start).TotalSeconds;
        Console.WriteLine($"{1000 / seconds:F0} answers a second; ideal 1280");
        Assert.AreEqual(64, inner.MostAtOnce);
        Assert.AreEqual(1000, client.GetService<ResponseCacheStatistics>()!.Paid);
    }
}
