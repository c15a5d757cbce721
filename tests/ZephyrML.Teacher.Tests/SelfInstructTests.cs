using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class SelfInstructTests
{
    private static readonly string[] Seeds = [.. Enumerable.Range(0, 5).Select(i => $"seed{i} tell me about thing number {i} please")];

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    /// <summary>Refines and answers by a hash of the question and the ordinal; some of what it says is bad on purpose. Answers in random time.</summary>
    private static FakeChatClient Teacher() => new(async (messages, options, ct) =>
    {
        await Task.Delay(Random.Shared.Next(3), ct);
        var question = messages[^1].Text;
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{question}/{options.GetSample()}"))).ToLowerInvariant();
        if (!RefinementPrompt.TryRead(question, out _, out _))
            return hash[0] == '7' ? FakeChatClient.Reply("cut", ChatFinishReason.Length) : FakeChatClient.Reply("answer " + hash[..6]);
        return hash[0] switch
        {
            '0' => FakeChatClient.Reply("too short"),
            '1' => FakeChatClient.Reply("please look at the picture " + hash),
            '2' => FakeChatClient.Reply("seed1 tell me about thing number 1"),
            '3' => FakeChatClient.Reply("cut off here it is", ChatFinishReason.Length),
            '4' => FakeChatClient.Reply("New instruction: \"Seed2, tell me about thing number 2 please!\""),
            _ => FakeChatClient.Reply($"New instruction: explain {hash[..4]} with {hash[4..8]} and {hash[8..12]} to {hash[12..16]}"),
        };
    });

    private SelfInstructOptions Options(string? file, int? target = 40, int concurrency = 16) => new()
    {
        TargetSize = target, Refinements = 3, ContinueFrom = file is null ? null : _folder[file], MaxConcurrency = concurrency,
    };

    [TestMethod]
    public async Task One_pass_answers_each_seed_and_each_refinement()
    {
        var teacher = new FakeChatClient((string prompt) => RefinementPrompt.TryRead(prompt, out var x, out var y) ? $"refine what was {x[^1]} and {y}" : "Sunny " + prompt[^1]);
        var generator = new SelfInstructGenerator(teacher, new() { MaxRougeL = 1, SystemPrompt = "Be brief.", InContextExamples = 0 });
        var dialogues = await generator.GenerateAsync(["Describe today's weather A", "Will it rain tomorrow B", "The range of this week C"]).ToListAsync();
        CollectionAssert.AreEqual(
            (string[])["Describe today's weather A", "Will it rain tomorrow B", "The range of this week C", "refine what was A and Sunny A", "refine what was B and Sunny B", "refine what was C and Sunny C"],
            dialogues.ConvertAll(d => d.Instruction));
        CollectionAssert.AreEqual((string[])["Sunny A", "Sunny B", "Sunny C", "Sunny A", "Sunny B", "Sunny C"], dialogues.ConvertAll(d => d.Response));
        Assert.AreEqual(new DialogueTurn("system", "Be brief."), dialogues[0].Turns[0]);
        Assert.AreEqual(9, teacher.Calls);
        Assert.AreEqual("6 made, 0 continued", generator.Counts.ToString());
    }

    [TestMethod]
    public async Task What_comes_out_does_not_hang_on_concurrency_or_timing()
    {
        var files = new List<byte[]>();
        var counts = new List<string>();
        foreach (var concurrency in (int[])[1, 2, 5, 16])
        {
            var generator = new SelfInstructGenerator(Teacher(), Options($"{concurrency}.jsonl", concurrency: concurrency));
            Assert.HasCount(40, await generator.GenerateAsync(Seeds).ToListAsync());
            files.Add(File.ReadAllBytes(_folder[$"{concurrency}.jsonl"]));
            counts.Add(generator.Counts.ToString());
        }
        Assert.IsTrue(files.TrueForAll(f => f.AsSpan().SequenceEqual(files[0])));
        Assert.AreEqual(1, counts.Distinct().Count(), string.Join("\n", counts));
        foreach (var reason in (DropReason[])[DropReason.TooShort, DropReason.Keyword, DropReason.TooSimilar, DropReason.Truncated, DropReason.NormalisedDuplicate])
            StringAssert.Contains(counts[0], $"dropped as {reason}");
    }

    [TestMethod]
    public async Task A_killed_run_goes_on_to_the_same_file_byte_for_byte()
    {
        var undisturbed = new SelfInstructGenerator(Teacher(), Options("whole.jsonl"));
        await undisturbed.GenerateAsync(Seeds).ToListAsync();
        var whole = File.ReadAllBytes(_folder["whole.jsonl"]);
        var random = new Random(1);
        for (var round = 0; round < 12; round++)
        {
            // stopped after some dialogues, with part of the next line written
            var name = $"{round}.jsonl";
            File.WriteAllBytes(_folder[name], whole[..random.Next(whole.Length)]);
            var held = File.ReadAllBytes(_folder[name]).Count(b => b == '\n');
            var generator = new SelfInstructGenerator(Teacher(), Options(name));
            if (round % 3 == 0)
                await generator.GenerateAsync(Seeds).TakeToListAsync(held + 3);                 // and stopped again
            var dialogues = await generator.GenerateAsync(Seeds).ToListAsync();
            Assert.IsTrue(whole.AsSpan().SequenceEqual(File.ReadAllBytes(_folder[name])), $"round {round}");
            Assert.HasCount(40, dialogues);
            Assert.AreEqual(40, generator.Counts.Continued + generator.Counts.Made);
            CollectionAssert.AreEquivalent(undisturbed.Counts.Dropped.ToList(), generator.Counts.Dropped.ToList(), "counts add up as if nothing had happened");
            Assert.IsGreaterThanOrEqualTo(held, generator.Counts.Continued);
        }
        var teacher = Teacher();
        Assert.HasCount(10, await new SelfInstructGenerator(teacher, Options("whole.jsonl", target: 10)).GenerateAsync(Seeds).ToListAsync());
        Assert.AreEqual(0, teacher.Calls, "a file that holds enough asks nobody");
    }

    [TestMethod]
    public async Task The_file_is_openai_s_jsonl()
    {
        await new SelfInstructGenerator(Teacher(), Options("d.jsonl", target: 3)).GenerateAsync(Seeds).ToListAsync();
        var lines = File.ReadAllLines(_folder["d.jsonl"]);
        using var first = JsonDocument.Parse(lines[0]);
        Assert.AreEqual(Seeds[0], first.RootElement.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.HasCount(3, lines);
    }

    [TestMethod]
    public async Task A_file_of_other_seeds_or_settings_and_a_broken_one_are_refused()
    {
        await new SelfInstructGenerator(Teacher(), Options("d.jsonl", target: 8)).GenerateAsync(Seeds).ToListAsync();
        var before = File.ReadAllBytes(_folder["d.jsonl"]);
        foreach (var (seeds, options) in ((string[], SelfInstructOptions)[])[([.. Seeds, "one more seed to answer"], Options("d.jsonl")), (Seeds, new() { Refinements = 2, TargetSize = 40, ContinueFrom = _folder["d.jsonl"] })])
        {
            var e = await Assert.ThrowsExactlyAsync<FormatException>(async () => await new SelfInstructGenerator(Teacher(), options).GenerateAsync(seeds).ToListAsync());
            StringAssert.Contains(e.Message, "line 1");
            StringAssert.Contains(e.Message, "d.jsonl");
            StringAssert.Contains(e.Message, "other seeds");
        }
        CollectionAssert.AreEqual(before, File.ReadAllBytes(_folder["d.jsonl"]), "nothing is lost");
        File.WriteAllText(_folder["bad.jsonl"], File.ReadAllLines(_folder["d.jsonl"])[0] + "\n{\"messages\":[]}\n");
        var bad = await Assert.ThrowsExactlyAsync<FormatException>(async () => await new SelfInstructGenerator(Teacher(), Options("bad.jsonl")).GenerateAsync(Seeds).ToListAsync());
        StringAssert.Contains(bad.Message, "line 2");
    }

    [TestMethod]
    public async Task Runs_dry_when_nothing_new_comes()
    {
        var teacher = new FakeChatClient((string prompt) => RefinementPrompt.TryRead(prompt, out _, out _) ? "always the same new instruction" : "yes");
        var generator = new SelfInstructGenerator(teacher, Options(null, target: 100));
        Assert.HasCount(6, await generator.GenerateAsync(Seeds).ToListAsync());
        Assert.IsTrue(generator.Counts.RanDry);
        Assert.AreEqual(14 + 3 * 15, generator.Counts.Dropped[DropReason.Duplicate]);
    }

    [TestMethod]
    public async Task A_failure_keeps_what_was_made_and_cancellation_ends_it()
    {
        var calls = 0;
        var teacher = new FakeChatClient((string prompt) => Interlocked.Increment(ref calls) == 4 ? throw new TeacherException("busy") : "fine");
        var e = await Assert.ThrowsExactlyAsync<TeacherException>(async () => await new SelfInstructGenerator(teacher, Options("d.jsonl", concurrency: 1)).GenerateAsync(Seeds).ToListAsync());
        Assert.AreEqual($"3 dialogues are safe in '{_folder["d.jsonl"]}', and the next run goes on from there. Self-instruct, pass 0, refinement 0, seed 3 (no response cache: no answer is safe): the teacher failed: busy", e.Message);
        Assert.HasCount(3, File.ReadAllLines(_folder["d.jsonl"]));

        using var cancel = new CancellationTokenSource();
        var endless = new FakeChatClient(async (_, _, ct) =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, ct);
            return FakeChatClient.Reply("never");
        });
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await new SelfInstructGenerator(endless).GenerateAsync(Seeds, null, cancel.Token).ToListAsync());
        await Assert.ThrowsExactlyAsync<ArgumentException>(async () => await new SelfInstructGenerator(teacher).GenerateAsync([]).ToListAsync());
    }

    [TestMethod]
    public async Task Tells_its_progress_and_what_was_paid()
    {
        var told = new List<TeacherProgress>();
        using var teacher = Teacher().WithResponseCache(_folder["c.db"], "t");
        await new SelfInstructGenerator(teacher, Options(null, target: 7)).GenerateAsync(Seeds, new Told(told)).ToListAsync();
        Assert.AreEqual(("self-instruct", 7L, 7L), (told[^1].Stage, told[^1].Done, told[^1].Total!.Value));
        Assert.AreEqual(TimeSpan.Zero, told[^1].TimeLeft);
        Assert.IsGreaterThan(0, told[^1].PaidCalls);
    }

    [TestMethod]
    [DataRow("New instruction: Do it.", "Do it.")]
    [DataRow("\n**New instruction:** \"Do it.\" ", "Do it.")]
    [DataRow("```\nDo\nit.\n```", "Do\nit.")]
    [DataRow("<instruction>\nDo it.\n</instruction>", "Do it.")]
    [DataRow("Say \"a\" and \"b\"", "Say \"a\" and \"b\"")]
    [DataRow("\"a\" or \"b\"", "\"a\" or \"b\"")]
    [DataRow("", "")]
    public void Reads_the_new_instruction(string reply, string expected) => Assert.AreEqual(expected, RefinementPrompt.Parse(reply));

    [TestMethod]
    [DataRow("Name the capital of France", null)]
    [DataRow("Name it now", DropReason.TooShort)]
    [DataRow("Draw a house with a garden", DropReason.Keyword)]
    [DataRow("Explain why mapping is not drawing here", null)]
    [DataRow("Please Go To the shop now", DropReason.Keyword)]
    [DataRow("Write a program that adds numbers", DropReason.BadStart)]
    [DataRow("(Explain why the sky is blue)", DropReason.BadStart)]
    [DataRow("Über was reden wir denn heute", DropReason.BadStart)]
    [DataRow("请描述一下今天的天气", null)]
    [DataRow("天气", DropReason.TooShort)]
    [DataRow("Tell me about the old pool.", DropReason.Duplicate)]
    [DataRow("tell me, about the OLD pool!", DropReason.NormalisedDuplicate)]
    [DataRow("请画一只猫给我看看", DropReason.Keyword)]
    [DataRow("把这些图片按颜色分类", DropReason.Keyword)]
    [DataRow("Расскажи мне про новый бассейн", null)]
    [DataRow("Tell me about the very old pool", DropReason.TooSimilar)]
    public void Filters_instructions(string instruction, DropReason? expected)
    {
        var filter = new InstructionFilter(new());
        Assert.IsNull(filter.Add("Tell me about the old pool."));
        Assert.AreEqual(DropReason.NormalisedDuplicate, filter.Add("tell me about the old pool"));
        Assert.AreEqual(expected, filter.Check(instruction));
        Assert.AreEqual(DropReason.TooLong, filter.Check(string.Join(' ', Enumerable.Range(0, 151))));
    }

    private sealed class Told(List<TeacherProgress> list) : IProgress<TeacherProgress>
    {
        public void Report(TeacherProgress value) => list.Add(value);
    }
}
