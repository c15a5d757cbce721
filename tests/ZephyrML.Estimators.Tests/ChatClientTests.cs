using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;

namespace ZephyrML.Estimators.Tests;

/// <summary>A student as a chat client: one batch for many callers, each with its own answer.</summary>
[TestClass]
public sealed class ChatClientTests
{
    private static (Lab Lab, StudentTransformer Student) Make()
    {
        var lab = new Lab();
        return (lab, lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats));
    }

    // Random weights soon end their turn; so that there is something to see, they may not.
    private static ChatOptions Long(int tokens = 24) => new() { MaxOutputTokens = tokens, AdditionalProperties = new() { ["min_new_tokens"] = tokens } };

    [TestMethod]
    public async Task ItAnswersAsTheStudentAnswersRows()
    {
        var (lab, student) = Make();
        using var _ = lab;
        var expected = lab.Ask(student, Lab.Questions);
        using var client = student.AsChatClient();
        for (int i = 0; i < Lab.Questions.Length; i++)
        {
            var response = await client.GetResponseAsync(Lab.Questions[i]);
            Assert.AreEqual(expected[i], response.Text);
            Assert.AreEqual(ChatRole.Assistant, response.Messages.Single().Role);
            Assert.IsGreaterThan(5L, response.Usage!.InputTokenCount!.Value);
            Assert.AreEqual(response.Usage.InputTokenCount + response.Usage.OutputTokenCount, response.Usage.TotalTokenCount);
        }
        var cut = await client.GetResponseAsync("Is it fine?", Long(3));
        Assert.AreEqual(ChatFinishReason.Length, cut.FinishReason);
        Assert.AreEqual(3L, cut.Usage!.OutputTokenCount);
        student.Dispose();
    }

    [TestMethod]
    public async Task StreamedPiecesAreTheWhole()
    {
        var (lab, student) = Make();
        using var _ = lab;
        using var client = student.AsChatClient();
        var whole = await client.GetResponseAsync("Describe today's weather.", Long(40));
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync("Describe today's weather.", Long(40)))
            updates.Add(update);
        Assert.IsGreaterThan(3, updates.Count);
        Assert.AreEqual(whole.Text, string.Concat(updates));
        var put = updates.ToChatResponse();
        Assert.AreEqual(whole.Text, put.Text);
        Assert.AreEqual(whole.Usage!.TotalTokenCount, put.Usage!.TotalTokenCount);
        Assert.AreEqual(ChatFinishReason.Length, put.FinishReason);
        Assert.AreEqual(whole.ModelId, put.ModelId);
        student.Dispose();
    }

    [TestMethod]
    public async Task SixtyFourCallersGetTheirOwnAnswersAndOneWhoLeavesLeavesTheOthers()
    {
        var (lab, student) = Make();
        using var _ = lab;
        using var client = student.AsChatClient(new() { MaxBatchSize = 12 });
        string Question(int i) => $"Question {i} of {i * i}?";
        ChatOptions Options(int i)
        {
            var options = Long(6 + i % 20);
            (options.Temperature, options.Seed) = (i % 2 * 0.9f, i);
            return options;
        }
        var alone = new List<string>();
        for (int i = 0; i < 64; i++)
            alone.Add((await client.GetResponseAsync(Question(i), Options(i))).Text);
        Assert.IsGreaterThan(20, alone.Distinct().Count());

        using var leave = new CancellationTokenSource();
        var leaving = client.GetResponseAsync("I am off", Long(100), leave.Token);
        var calls = Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            if (i % 3 > 0)
                return (await client.GetResponseAsync(Question(i), Options(i))).Text;
            var text = "";
            await foreach (var update in client.GetStreamingResponseAsync(Question(i), Options(i)))
                text += update.Text;
            return text;
        })).ToList();
        leave.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => leaving);
        CollectionAssert.AreEqual(alone, (await Task.WhenAll(calls)).ToList());
        student.Dispose();
        Assert.AreEqual(1, student.Student.Weights.Holders, "the client's own");
    }

    [TestMethod]
    public async Task ChatOptionsAreHonoured()
    {
        var (lab, student) = Make();
        using var _ = lab;
        using var client = student.AsChatClient();
        async Task<string> Ask(Action<ChatOptions> set)
        {
            var options = Long();
            set(options);
            return (await client.GetResponseAsync("Will it rain?", options)).Text;
        }
        var greedy = await Ask(_ => { });
        Assert.AreEqual(greedy, await Ask(o => (o.Temperature, o.TopK) = (1.5f, 1)));
        Assert.AreEqual(greedy, await Ask(o => (o.Temperature, o.TopP) = (1.5f, 0)));
        var seeded = await Ask(o => (o.Temperature, o.Seed) = (1.5f, 7));
        Assert.AreNotEqual(greedy, seeded);
        Assert.AreEqual(seeded, await Ask(o => (o.Temperature, o.Seed) = (1.5f, 7)));
        Assert.AreNotEqual(seeded, await Ask(o => (o.Temperature, o.Seed) = (1.5f, 8)));
        Assert.AreNotEqual(seeded, await Ask(o => { (o.Temperature, o.Seed) = (1.5f, 7); o.WithSample(1); }), "another sample of the same");
        Assert.AreEqual(greedy, await Ask(o => { o.Temperature = 1.5f; o.AdditionalProperties!["min_p"] = 1.0; }));
        Assert.AreNotEqual(greedy, await Ask(o => o.AdditionalProperties!["repetition_penalty"] = 5));
        Assert.AreNotEqual(greedy, await Ask(o => o.FrequencyPenalty = 100));
        Assert.AreNotEqual(greedy, await Ask(o => o.PresencePenalty = 100));
        Assert.AreNotEqual(greedy, await Ask(o => o.Instructions = "Speak like the wind."));
        var stop = greedy[(greedy.Length / 2)..];
        Assert.AreEqual(greedy[..greedy.IndexOf(stop, StringComparison.Ordinal)], await Ask(o => o.StopSequences = [stop]));
        student.Dispose();
    }

    [TestMethod]
    public async Task WhatIsNotHonouredIsRefusedByName()
    {
        var (lab, student) = Make();
        using var _ = lab;
        using var client = student.AsChatClient(new() { Name = "zephyr" });
        async Task Refused(string name, ChatOptions options) => StringAssert.Contains((await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync("a", options))).Message, name);
        await Refused("Tools", new() { Tools = [AIFunctionFactory.Create(() => 1, "one")] });
        await Refused("ToolMode", new() { ToolMode = ChatToolMode.RequireAny });
        await Refused("ResponseFormat", new() { ResponseFormat = ChatResponseFormat.Json });
        await Refused("ConversationId", new() { ConversationId = "c" });
        await Refused("ModelId 'gpt'", new() { ModelId = "gpt" });
        await Refused("logit_bias", new() { AdditionalProperties = new() { ["logit_bias"] = 1 } });
        Assert.AreEqual("zephyr", (await client.GetResponseAsync("a", new() { ModelId = "zephyr", ResponseFormat = ChatResponseFormat.Text, ToolMode = ChatToolMode.Auto })).ModelId);
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<ArgumentException>(() => client.GetResponseAsync("a", new ChatOptions { Temperature = -1 }))).Message, "Temperature");
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => client.GetResponseAsync([]));
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => client.GetResponseAsync([new(ChatRole.User, "a"), new(ChatRole.Assistant, "b")]));
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync([new(ChatRole.Tool, "a")]));
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync([new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])]));
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<ArgumentException>(() => client.GetResponseAsync(string.Concat(Enumerable.Repeat("rain ", 300))))).Message, "max_position_embeddings");
        var wrong = Assert.ThrowsExactly<ArgumentException>(() => student.AsChatClient(new() { Name = " ", MaxBatchSize = 0, Generation = new() { TopK = -1 } }));
        foreach (var name in new[] { "Name", "MaxBatchSize", "TopK" })
            StringAssert.Contains(wrong.Message, name);
        student.Dispose();
    }

    [TestMethod]
    public async Task ConversationsGoThroughTheTemplate()
    {
        var (lab, student) = Make();
        using var _ = lab;
        using var client = student.AsChatClient();
        ChatMessage[] talk = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Is it windy?"), new(ChatRole.Assistant, "It is fine."), new(ChatRole.User, "And tomorrow?")];
        var model = student.Student.Weights.Model;
        var prompt = ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, [.. talk.Select(m => new ChatTurn(m.Role.Value, m.Text))]);
        var expected = TextGenerator.Generate(model, [prompt], new GenerationOptions { MaxNewTokens = 12, MinNewTokens = 12 })[0].Text;
        var response = await client.GetResponseAsync(talk, Long(12));
        Assert.AreEqual(expected, response.Text);
        Assert.AreEqual(prompt.Length, response.Usage!.InputTokenCount);
        // Instructions and the conversation's own system turn become one.
        var merged = await client.GetResponseAsync([new(ChatRole.User, "Is it windy?")], new() { Instructions = "Be brief.", MaxOutputTokens = 1 });
        var same = await client.GetResponseAsync(talk[..2], new() { MaxOutputTokens = 1 });
        Assert.AreEqual(same.Usage!.InputTokenCount, merged.Usage!.InputTokenCount);
        var messages = lab.Rows(new Lab.Row { Messages = """[{"role":"system","content":"Be brief."},{"role":"user","content":"Is it windy?"}]""" });
        Assert.AreEqual((await client.GetResponseAsync(talk[..2])).Text, student.Transform(messages).GetColumn<string>("Reply").Single());
        student.Dispose();
    }

    [TestMethod]
    public async Task SamplingTheSamePromptAgainDrawsAnotherReplyTheSameInEveryRun()
    {
        async Task<List<string>> Run(bool others)
        {
            var (lab, student) = Make();
            using var _ = lab;
            using var client = student.AsChatClient(new() { Generation = new() { Temperature = 1.2, MaxNewTokens = 20, MinNewTokens = 20 } });
            student.Dispose();
            var replies = new List<string>();
            for (int i = 0; i < 4; i++)
            {
                if (others)
                    await client.GetResponseAsync($"Something else {i}");
                replies.Add((await client.GetResponseAsync("Will it rain?")).Text);
            }
            return replies;
        }
        var first = await Run(others: false);
        Assert.HasCount(4, first.Distinct().ToList());
        CollectionAssert.AreEqual(first, await Run(others: true));
    }

    [TestMethod]
    public async Task DisposingWhileCallsRunIsSafe()
    {
        var (lab, student) = Make();
        using var _ = lab;
        var client = student.AsChatClient();
        var weights = student.Student.Weights;
        var expected = (await client.GetResponseAsync("a", Long(90))).Text;
        var calls = Enumerable.Range(0, 8).Select(_ => client.GetResponseAsync("a", Long(90))).ToList();
        client.Dispose();
        student.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => client.GetResponseAsync("a").GetAwaiter().GetResult());
        foreach (var call in calls)
            Assert.AreEqual(expected, (await call).Text);
        Assert.AreEqual(0, weights.Holders);
        Assert.ThrowsExactly<ObjectDisposedException>(() => weights.Model);
        client.Dispose();
    }

    [TestMethod]
    public async Task AStudentIsATeacher()
    {
        var (lab, student) = Make();
        using var _ = lab;
        using var client = student.AsChatClient();
        var name = client.GetService<ChatClientMetadata>()!.DefaultModelId!;
        StringAssert.StartsWith(name, "student-");
        Assert.AreEqual(student.Info, client.GetService<StudentInfo>());
        using (var cached = TeacherClient.Create(student.AsChatClient(), new() { Cache = lab.PathOf("student.db"), MaxConcurrency = 4 }))
        {
            var once = await cached.GetResponseAsync("Is there fog?", Long(8));
            Assert.AreEqual(once.Text, (await cached.GetResponseAsync("Is there fog?", Long(8))).Text);
            Assert.AreEqual(name, once.ModelId);
        }
        // The rows of a pipeline are asked of it as of any other teacher.
        using var teacher = TeacherClient.Create(student.AsChatClient(), new() { Cache = lab.PathOf("student.db") });
        var pool = new CandidatePool { ["student"] = student.AsChatClient(new() { Name = "pupil" }), ["bad"] = lab.Bad };
        using var second = lab.Z.TeacherGenerate(teacher, pool).Append(lab.Z.DistilledSft(lab.Sft)).Fit(lab.Prompts);
        Assert.AreEqual(6, second.LastTransformer.Info.Last.RowsUsed + second.LastTransformer.Info.Last.RowsSkipped);
        Assert.ThrowsExactly<ArgumentException>(() => second.First().AsChatClient());
        student.Dispose();
    }

    [TestMethod]
    public void GenerationOptionsOfATrainerAreSavedAndInherited()
    {
        using var lab = new Lab();
        var options = lab.Sft;
        options.MaxNewTokens = 256;
        options.Generation = new() { Temperature = 1.3, TopK = 5, MaxNewTokens = 9, MinNewTokens = 9, BatchSize = 4, Seed = 11, StopStrings = ["zz"] };
        using var student = lab.Z.DistilledSft(options).Fit(lab.Chats);
        options.Generation.TopK = 1;      // the estimator has a copy
        var replies = student.Transform(lab.Prompts).GetColumn<string>("Reply").ToList();
        var model = student.Student.Weights.Model;
        for (int i = 0; i < replies.Count; i++)
        {
            var prompt = ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, [new ChatTurn("user", Lab.Questions[i])]);
            Assert.AreEqual(TextGenerator.Generate(model, [prompt], new() { Temperature = 1.3, TopK = 5, MaxNewTokens = 9, MinNewTokens = 9, Seed = 11, FirstRow = i })[0].Text, replies[i]);
        }
        lab.Ml.Model.Save(student, null, lab.PathOf("sampled.zip"));
        var loaded = lab.Ml.Model.Load(lab.PathOf("sampled.zip"), out _);
        CollectionAssert.AreEqual(replies, loaded.Transform(lab.Prompts).GetColumn<string>("Reply").ToList());
        using var inherited = lab.Z.DistilledDpo(student, lab.Dpo).Fit(lab.Pairs);
        Assert.AreEqual(5, inherited.Student.Settings.Options(0).TopK);
        Assert.AreEqual(9, inherited.Student.Settings.Options(0).MaxNewTokens);
        var twice = Assert.ThrowsExactly<ArgumentException>(() => lab.Z.DistilledDpo(student, new() { Temperature = 1, Generation = new() { TopP = 2, FirstRow = 3 } }));
        foreach (var said in new[] { "Temperature and Generation", "TopP", "FirstRow" })
            StringAssert.Contains(twice.Message, said);
        (loaded as IDisposable)?.Dispose();
    }
}
