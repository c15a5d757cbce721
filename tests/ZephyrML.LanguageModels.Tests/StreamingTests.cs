namespace ZephyrML.LanguageModels.Tests;

/// <summary>Text as it comes: whole characters, stop strings across tokens, many callers at once.</summary>
[TestClass]
public sealed class StreamingTests
{
    private static readonly LanguageModelTokenizer Tokenizer = new BpeTrainer(new BpeTrainerOptions { VocabularySize = 300, TemplateName = "zephyr" })
        .Train(["It will rain tomorrow, and the wind will turn.", "Größe: 20 °C — schön! 今日は晴れ 😀"]);

    private static LanguageModel Model() => LanguageModel.Create(Tiny.Config() with { VocabSize = Tokenizer.VocabularySize, MaxPositionEmbeddings = 256 }, Tokenizer, ChatTemplate.Zephyr, seed: 1);

    private static int[] Prompt(string text) => ChatTokenizer.EncodePrompt(Tokenizer, ChatTemplate.Zephyr, [new ChatTurn("user", text)]);

    [TestMethod]
    public void PiecesConcatenateToTheWholeAndNeverSplitACharacter()
    {
        using var model = Model();
        int several = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            // Random weights at a high temperature make all kinds of broken bytes.
            var options = new GenerationOptions { MaxNewTokens = 60, Temperature = 1.5, Seed = seed };
            var whole = TextGenerator.Generate(model, [Prompt("hello")], options)[0];
            var pieces = TextGenerator.Stream(model, Prompt("hello"), options).ToList();
            Assert.AreEqual(whole.Text, string.Concat(pieces));
            Assert.AreEqual(Tokenizer.Decode(whole.Ids), whole.Text);
            Assert.IsTrue(pieces.All(p => p.Length > 0 && !char.IsLowSurrogate(p[0]) && !char.IsHighSurrogate(p[^1])));
            several += pieces.Count;
        }
        Assert.IsGreaterThan(100, several);
    }

    [TestMethod]
    public void ACharacterOfSeveralTokensComesWhole()
    {
        const string text = "a😀b今°";
        var reply = new ReplyText(Tokenizer, []);
        var pieces = Tokenizer.Encode(text).Select(reply.Add).Append(reply.Finish()).Where(p => p.Length > 0).ToList();
        Assert.AreEqual(text, string.Concat(pieces));
        CollectionAssert.IsSubsetOf(new[] { "😀" }, pieces.SelectMany(p => p.EnumerateRunes().Select(r => r.ToString())).ToArray());
        Assert.IsGreaterThan(1, pieces.Count);
        var broken = new ReplyText(Tokenizer, []);
        string began = string.Concat(Tokenizer.Encode("😀").SkipLast(1).Select(broken.Add));
        Assert.AreEqual("", began, "half a character is held back");
        Assert.AreEqual("\uFFFD", broken.Finish());
    }

    [TestMethod]
    public void StopStringsEndAReplyWhereverTokensDo()
    {
        foreach (var (text, stops, expected) in new (string, string[], string)[]
        {
            ("It will rain tomorrow, and", ["tomorrow"], "It will rain "),
            ("It will rain tomorrow", ["n t"], "It will rai"),
            ("It will rain", ["rainy", "ra x"], "It will rain"),
            ("ababac!", ["abac"], "ab"),
            ("one two", ["two", "ne"], "o"),
            ("20 °C — schön", ["°C — s"], "20 "),
            ("x", ["x"], ""),
        })
        {
            var reply = new ReplyText(Tokenizer, stops);
            var given = "";
            foreach (int id in Tokenizer.Encode(text))
            {
                given += reply.Add(id);
                Assert.IsTrue(expected.StartsWith(given, StringComparison.Ordinal), $"'{given}' of '{expected}'");
            }
            given += reply.Finish();
            Assert.AreEqual(expected, given);
            Assert.AreEqual(expected != text, reply.Stopped);
        }
    }

    [TestMethod]
    public void GenerationStopsAtStopStringsAndExtraStopTokens()
    {
        using var model = Model();
        var options = new GenerationOptions { MaxNewTokens = 40, Temperature = 0.9, Seed = 4 };
        var free = TextGenerator.Generate(model, [Prompt("hello")], options)[0];
        string text = free.Text;
        int at = Enumerable.Range(3, text.Length - 8).First(i => !text.AsSpan(i, 4).Contains('\uFFFD') && text.IndexOf(text.Substring(i, 4), StringComparison.Ordinal) == i);
        options.StopStrings = ["never there", text.Substring(at, 4)];
        var stopped = TextGenerator.Generate(model, [Prompt("hello")], options)[0];
        Assert.AreEqual(text[..at], stopped.Text);
        Assert.AreEqual(FinishReason.StopString, stopped.Reason);
        Assert.IsLessThan(free.Ids.Length, stopped.Ids.Length);
        Assert.AreEqual(stopped.Text, string.Concat(TextGenerator.Stream(model, Prompt("hello"), options)));
        options.StopStrings = [];
        options.StopTokenIds = [free.Ids[5]];
        stopped = TextGenerator.Generate(model, [Prompt("hello")], options)[0];
        CollectionAssert.AreEqual(free.Ids.TakeWhile(id => id != free.Ids[5]).ToArray(), stopped.Ids);
        Assert.IsTrue(stopped.StoppedByToken);
        Assert.AreEqual(FinishReason.Length, free.Reason);
    }

    [TestMethod]
    public async Task ManyCallersGetTheirOwnReplies()
    {
        using var model = Model();
        using var service = new GenerationService(model);
        GenerationOptions Options(int i) => new() { MaxNewTokens = 5 + i % 13, Temperature = i % 3 * 0.6, Seed = i, StopStrings = i % 5 == 0 ? ["e"] : [], BatchSize = 8 };
        var alone = Enumerable.Range(0, 64).Select(i => TextGenerator.Generate(model, [Prompt($"Question {i}?")], Options(i))[0]).ToList();
        var replies = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() => service.GenerateAsync(Prompt($"Question {i}?"), Options(i)))));
        for (int i = 0; i < 64; i++)
        {
            CollectionAssert.AreEqual(alone[i].Ids, replies[i].Ids);
            Assert.AreEqual(alone[i].Text, replies[i].Text);
        }
    }

    [TestMethod]
    public async Task CallersLeaveWithoutHarmAndFaultsAreTheirOwn()
    {
        using var model = Model();
        using var service = new GenerationService(model);
        var options = new GenerationOptions { MaxNewTokens = 150, MinNewTokens = 150, BatchSize = 4 };
        var expected = TextGenerator.Generate(model, [Prompt("stay")], options)[0].Text;
        using var leave = new CancellationTokenSource();
        var staying = service.GenerateAsync(Prompt("stay"), options);
        var leaving = service.GenerateAsync(Prompt("leave"), options, leave.Token);
        int seen = 0;
        await foreach (var piece in service.StreamAsync(Prompt("look"), options))
            if (++seen == 3) break;
        leave.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => leaving);
        Assert.ThrowsExactly<ArgumentException>(() => { _ = service.GenerateAsync([], options); });
        Assert.ThrowsExactly<ArgumentException>(() => { _ = service.GenerateAsync(Tiny.Ids(256, 1), options); });
        Assert.AreEqual(expected, (await staying).Text);
        var streamed = "";
        GeneratedText? whole = null;
        await foreach (var piece in service.StreamAsync(Prompt("stay"), options)) (streamed, whole) = (streamed + piece.Text, piece.Whole);
        Assert.AreEqual(expected, streamed);
        Assert.AreEqual(expected, whole!.Text);
    }

    [TestMethod]
    public async Task DisposingEndsWhatIsUnderWay()
    {
        using var model = Model();
        var service = new GenerationService(model);
        var running = service.GenerateAsync(Prompt("long"), new GenerationOptions { MaxNewTokens = 200, MinNewTokens = 200 });
        service.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
        Assert.ThrowsExactly<ObjectDisposedException>(() => { _ = service.GenerateAsync(Prompt("late"), new GenerationOptions()); });
    }
}
