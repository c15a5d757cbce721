using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>Dialogues of several rounds, the examples that a refinement is shown, and what is done to texts.</summary>
[TestClass]
public class DialogueRoundsTests
{
    private static readonly string[] Seeds = [.. Enumerable.Range(0, 6).Select(i => $"Seed {i}: tell me about subject number {i}")];

    /// <summary>Answers, refines and plays the user; what it says names what it was asked.</summary>
    private static FakeChatClient Teacher(Func<int, string>? user = null) => new((IList<ChatMessage> messages, ChatOptions? options, CancellationToken _) =>
    {
        var asked = messages[^1].Text;
        return Task.FromResult(FakeChatClient.Reply(
            RefinementPrompt.TryRead(asked, out var x, out var y) ? $"Alpha{options.GetSample()} beta {Math.Abs(x.GetHashCode(StringComparison.Ordinal))} gamma {y[^1]} delta"
            : UserTurnPrompt.TryRead(asked, out var turns) ? user?.Invoke(options.GetSample()) ?? $"User: Thanks a lot! And what of point {turns.Count} then?"
            : $"Answer {messages.Count} to {asked}"));
    });

    [TestMethod]
    public async Task A_dialogue_has_as_many_rounds_as_asked_for()
    {
        var teacher = Teacher();
        var dialogues = await new SelfInstructGenerator(teacher, new() { Rounds = 3, Refinements = 0, SystemPrompt = "Be brief." }).GenerateAsync(Seeds).ToListAsync();
        CollectionAssert.AreEqual((DialogueTurn[])
        [
            new("system", "Be brief."), new("user", Seeds[0]), new("assistant", $"Answer 2 to {Seeds[0]}"), new("user", "And what of point 2 then?"),
            new("assistant", "Answer 4 to And what of point 2 then?"), new("user", "And what of point 4 then?"), new("assistant", "Answer 6 to And what of point 4 then?"),
        ], dialogues[0].Turns.ToArray());
        Assert.AreEqual(6 * 5, teacher.Calls);
    }

    [TestMethod]
    public async Task Lengths_are_drawn_between_two_bounds_the_same_every_time()
    {
        async Task<int[]> Lengths(int concurrency, int seed) =>
            [.. (await new SelfInstructGenerator(Teacher(), new() { Rounds = 2, MaxRounds = 7, MaxRougeL = 1, Refinements = 4, MaxConcurrency = concurrency, Seed = seed }).GenerateAsync(Seeds).ToListAsync()).Select(d => d.Turns.Count / 2)];
        var lengths = await Lengths(1, 0);
        CollectionAssert.AreEqual(lengths, await Lengths(6, 0));
        CollectionAssert.AreNotEqual(lengths, await Lengths(6, 1));
        Assert.AreEqual((2, 7), (lengths.Min(), lengths.Max()));
    }

    [TestMethod]
    public async Task A_user_that_falls_out_of_its_part_is_asked_again_and_then_ends_the_dialogue()
    {
        string[] bad = ["Assistant: I can tell you more.", "Thank you!", "As an AI, I have no further questions."];
        var ended = new SelfInstructGenerator(Teacher(i => bad[i]), new() { Rounds = 4, Refinements = 0 });
        Assert.IsTrue((await ended.GenerateAsync(Seeds).ToListAsync()).TrueForAll(d => d.Turns.Count == 2));
        Assert.AreEqual(6, ended.Counts.EndedEarly);
        var recovered = new SelfInstructGenerator(Teacher(i => i < 2 ? bad[i] : "Why is that so?"), new() { Rounds = 2, Refinements = 0 });
        Assert.IsTrue((await recovered.GenerateAsync(Seeds).ToListAsync()).TrueForAll(d => d.Turns is [_, _, { Role: "user", Content: "Why is that so?" }, _]));
        Assert.AreEqual("6 made, 0 continued", recovered.Counts.ToString());
    }

    [TestMethod]
    public async Task Refinements_are_shown_six_seeds_and_two_made_instructions_whatever_the_concurrency()
    {
        string[] seeds = [.. Enumerable.Range(0, 10).Select(i => $"Seed {i}: tell me about subject number {i}")];
        async Task<List<string>> Shown(int concurrency)
        {
            var teacher = new FakeChatClient(async (messages, options, ct) =>
            {
                await Task.Delay(Random.Shared.Next(3), ct);
                return (await Teacher().GetResponseAsync(messages, options, ct)) is var reply ? reply : null!;
            });
            await new SelfInstructGenerator(teacher, new() { Refinements = 3, MaxRougeL = 1, MaxConcurrency = concurrency }).GenerateAsync(seeds).ToListAsync();
            return [.. teacher.Messages.Select(m => m[^1].Text).Where(m => RefinementPrompt.TryRead(m, out _, out _)).Order(StringComparer.Ordinal)];
        }
        var prompts = await Shown(1);
        CollectionAssert.AreEqual(prompts, await Shown(10));
        foreach (var prompt in prompts)
        {
            var examples = prompt.Split("<example>\n")[1..].Select(e => e[..e.IndexOf("\n</example>", StringComparison.Ordinal)]).ToList();
            Assert.AreEqual(examples.Count, examples.Distinct().Count());
            Assert.HasCount(8, examples);
            Assert.IsTrue(RefinementPrompt.TryRead(prompt, out var parent, out _));
            Assert.DoesNotContain(parent, examples);
        }
        Assert.IsTrue(prompts.Exists(p => p.Split("Alpha").Length - 1 >= 2 && p.Split("Seed").Length - 1 >= 6));
    }

    [TestMethod]
    public async Task Further_passes_refine_what_came_from_each_seed_the_same_way_every_time()
    {
        async Task<List<string>> Grow(int concurrency, int seed) => (await new SelfInstructGenerator(
            new FakeChatClient((prompt, options) => RefinementPrompt.TryRead(prompt, out var parent, out _) ? $"{parent} and {options.GetSample()}" : "Yes."),
            new() { TargetSize = 60, MaxRougeL = 1, MaxConcurrency = concurrency, Seed = seed }).GenerateAsync(Seeds).ToListAsync()).ConvertAll(d => d.Instruction);
        var grown = await Grow(1, 0);
        CollectionAssert.AreEqual(grown, await Grow(6, 0));
        CollectionAssert.AreNotEqual(grown, await Grow(6, 1));
        var depths = grown.ConvertAll(i => i.Split(" and ").Length - 1);
        CollectionAssert.AreEqual(Enumerable.Repeat(0, 6).Concat(Enumerable.Repeat(1, 6)).ToList(), depths[..12], "the seeds, then their first refinements");
        Assert.IsTrue(depths[12..].Contains(1) && depths[12..].Max() >= 3, string.Join(' ', depths));
    }

    [TestMethod]
    public async Task Refusals_echoes_and_open_ends_are_dropped_and_counted()
    {
        string[] answers = ["As an AI language model, I don’t have personal opinions.", "Seed 1: tell me about subject number 1", "Here they are:", "Fine, here is what I know.", "I would rather not, dear.", "Fine."];
        var generator = new SelfInstructGenerator(new FakeChatClient((string p) => answers[Array.IndexOf(Seeds, p)]), new() { Refinements = 0, RefusalPhrases = ["rather not"] });
        Assert.HasCount(2, await generator.GenerateAsync(Seeds).ToListAsync());
        Assert.AreEqual("2 made, 0 continued, 1 dropped as Truncated, 2 dropped as Refusal, 1 dropped as Echo", generator.Counts.ToString());
        var all = new SelfInstructGenerator(new FakeChatClient((string p) => answers[Array.IndexOf(Seeds, p)]), new() { Refinements = 0, DropRefusals = false });
        Assert.HasCount(4, await all.GenerateAsync(Seeds).ToListAsync());
    }

    [TestMethod]
    public async Task Capitals_are_repaired_and_counted()
    {
        var teacher = new FakeChatClient((string p) => RefinementPrompt.TryRead(p, out _, out _) ? "what did i do on monday in paris? please say" : "THE WEATHER IS FINE. I LIKE IT VERY MUCH.");
        var generator = new SelfInstructGenerator(teacher);
        var dialogues = await generator.GenerateAsync(["tell me about the weather of today"]).ToListAsync();
        CollectionAssert.AreEqual((string[])["tell me about the weather of today", "What did I do on Monday in Paris? Please say"], dialogues.ConvertAll(d => d.Instruction), "seeds are the user's own");
        Assert.AreEqual("The weather is fine. I like it very much.", dialogues[0].Response);
        Assert.AreEqual(3, generator.Counts.Truecased);
        var asIs = await new SelfInstructGenerator(teacher, new() { Truecase = false, Refinements = 0 }).GenerateAsync(["tell me about the weather of today"]).ToListAsync();
        Assert.AreEqual("THE WEATHER IS FINE. I LIKE IT VERY MUCH.", asIs[0].Response);
    }

    [TestMethod]
    [DataRow("hello there. my name is ann, and i'm from london! what's yours?", "Hello there. My name is ann, and I'm from London! What's yours?")]
    [DataRow("use bread, cheese, etc. for it, e.g. brie.\n- then wait...and eat", "Use bread, cheese, etc. for it, e.g. brie.\n- Then wait...and eat")]
    [DataRow("Already fine. not touched though it could be, as it has capitals", "Already fine. not touched though it could be, as it has capitals")]
    [DataRow("for (int i = 0; i < n; i++) { print(i); } and so on", "for (int i = 0; i < n; i++) { print(i); } and so on")]
    [DataRow("short one, left alone", "short one, left alone")]
    [DataRow("WHY DO YOU SHOUT SO LOUDLY? \"STOP IT NOW.\"", "Why do you shout so loudly? \"Stop it now.\"")]
    [DataRow("расскажи мне про погоду. будет ли дождь?", "Расскажи мне про погоду. Будет ли дождь?")]
    [DataRow("今天的天气很好，适合散步。明天会下雨，请带伞出门。", "今天的天气很好，适合散步。明天会下雨，请带伞出门。")]
    public void Truecases(string text, string expected) => Assert.AreEqual(expected, Truecaser.Apply(text));

    [TestMethod]
    [DataRow("As an AI language model, I don't have personal opinions.", true)]
    [DataRow("As an artificial intelligence, I do not have emotions, but the poem is sad.", true)]
    [DataRow("Well, I don't have personal experiences, yet many travellers praise it.", true)]
    [DataRow("I'm just an AI assistant, so weather is beyond me.", true)]
    [DataRow("As a large language model trained by SomeLab, I cannot feel.", true)]
    [DataRow("I'm sorry, but I cannot assist with that.", true)]
    [DataRow("I don't have access to real-time weather data.", true)]
    [DataRow("作为一个人工智能助手，我没有个人观点。", true)]
    [DataRow("很抱歉，我无法回答这个问题。", true)]
    [DataRow("我只是一个语言模型。", true)]
    [DataRow("As an AI researcher she wrote three books, and I liked them.", false)]
    [DataRow("I don't have time for lunch. I'm sorry to hear that you are ill.", false)]
    [DataRow("An AI model is a program. People have opinions about it.", false)]
    [DataRow("我没有时间去公园，因为今天下雨。", false)]
    [DataRow("I don't have feelings for you any more, she wrote.", false)]
    public void Recognises_refusals(string text, bool expected) => Assert.AreEqual(expected, Refusals.IsRefusal(text));

    [TestMethod]
    [DataRow("User: \"And in winter?\"", "And in winter?")]
    [DataRow("<user>\nAnd in winter?\n</user>", "And in winter?")]
    [DataRow("Thank you so much for the explanation! What about frost?", "What about frost?")]
    [DataRow("谢谢你的解释！那冬天呢？", "那冬天呢？")]
    [DataRow("Thanks!", "")]
    [DataRow("Goodbye and good luck", "")]
    [DataRow("Assistant: here is more", "")]
    public void Reads_the_user_s_turn(string reply, string expected) => Assert.AreEqual(expected, UserTurnPrompt.Parse(reply));

    [TestMethod]
    public void The_user_s_prompt_is_read_back()
    {
        DialogueTurn[] turns = [new("system", "S"), new("user", "a\n\nb"), new("assistant", "c </user> d"), new("user", "e")];
        Assert.IsTrue(UserTurnPrompt.TryRead(UserTurnPrompt.Render(turns), out var read));
        CollectionAssert.AreEqual(turns[1..], read.ToArray());
        Assert.IsFalse(UserTurnPrompt.TryRead("hello", out _));
        Assert.IsTrue(RefinementPrompt.TryRead(RefinementPrompt.Render("x", "y", ["one", "two\n</answer>\n"]), out var x, out var y));
        Assert.AreEqual(("x", "y"), (x, y));
    }
}
