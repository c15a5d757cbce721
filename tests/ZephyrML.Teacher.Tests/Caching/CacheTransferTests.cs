using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class CacheTransferTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    private async Task<FakeChatClient> FillAsync(string cache, int from, int count)
    {
        var inner = new FakeChatClient((m, _, _) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"answer to {m[^1].Text}: \"世界\"\n😀"))
        {
            FinishReason = ChatFinishReason.Stop, Usage = new() { InputTokenCount = 3 }, ModelId = "m",
        }));
        using var client = inner.WithResponseCache(_folder[cache], "t");
        await Task.WhenAll(Enumerable.Range(from, count).Select(i => client.GetResponseAsync($"{i}")));
        return inner;
    }

    [TestMethod]
    [DataRow("out/cache.jsonl")]
    [DataRow("cache.jsonl.gz")]
    public async Task Carries_all_answers_over_and_again_changes_nothing(string file)
    {
        var inner = await FillAsync("a.db", 0, 1203);
        Assert.AreEqual(1203, ResponseCache.Export(_folder["a.db"], _folder[file]));
        await FillAsync("b.db", 1000, 400);
        Assert.AreEqual(new CacheImport(1000, 203), ResponseCache.Import(_folder["b.db"], _folder[file]));
        Assert.AreEqual(new CacheImport(0, 1203), ResponseCache.Import(_folder["b.db"], _folder[file]));
        Assert.AreEqual(new CacheImport(1203, 0), ResponseCache.Import(_folder["new/c.db"], _folder[file]));
        using var replay = inner.WithResponseCache(_folder["new/c.db"], "t", CacheMode.ReplayOnly);
        var answer = await replay.GetResponseAsync("77");
        Assert.AreEqual(("answer to 77: \"世界\"\n😀", ChatFinishReason.Stop, 3L), (answer.Text, answer.FinishReason!.Value, answer.Usage!.InputTokenCount!.Value));
        Assert.AreEqual(1203, inner.Calls);

        ResponseCache.Export(_folder["new/c.db"], _folder["again"]);
        ResponseCache.Export(_folder["a.db"], _folder["again"]);                    // replaces
        ResponseCache.Export(_folder["new/c.db"], _folder["second"]);
        CollectionAssert.AreEqual(File.ReadAllBytes(_folder["again"]), File.ReadAllBytes(_folder["second"]), "the same answers give the same file");
        Assert.IsEmpty(Directory.GetFiles(_folder.Root, "*.tmp", SearchOption.AllDirectories));
    }

    [TestMethod]
    public async Task A_file_with_an_error_adds_nothing_and_the_message_names_the_line()
    {
        await FillAsync("a.db", 0, 30);
        ResponseCache.Export(_folder["a.db"], _folder["good"]);
        var lines = File.ReadAllLines(_folder["good"]);
        foreach (var (line, text, expected) in (IEnumerable<(int, string, string)>)[
            (1, "", "no JSON"), (1, lines[1], "first line"), (1, lines[0].Replace("\"key_version\":1", "\"key_version\":2"), "key_version"), (1, lines[0].Replace("cache\":1", "cache\":9"), "form"),
            (7, lines[6][..40], "no JSON"), (20, lines[19].Replace("\"key\":\"", "\"key\":\"xyz"), "64 hex"), (31, lines[30].Replace("\"teacher\":\"t\"", "\"teacher\":null"), "teacher"),
            (5, lines[4].Replace("\"response\":{", "\"response\":{\"messages\":3,\"x\":{") + "}", "chat response"), (5, lines[4].Replace("\"sample\":0", "\"sample\":-1"), "sample"), (9, "[]", "object")])
        {
            var copy = (string[])lines.Clone();
            copy[line - 1] = text;
            File.WriteAllLines(_folder["bad"], copy);
            var e = Assert.ThrowsExactly<FormatException>(() => ResponseCache.Import(_folder["b.db"], _folder["bad"]));
            StringAssert.Contains(e.Message, $"line {line}:");
            StringAssert.Contains(e.Message, expected);
        }
        Assert.IsFalse(File.Exists(_folder["b.db"]));
        File.WriteAllBytes(_folder["cut.gz"], [0x1f, 0x8b, 8, 0]);
        Assert.ThrowsExactly<FormatException>(() => ResponseCache.Import(_folder["b.db"], _folder["cut.gz"]));
        Assert.ThrowsExactly<FileNotFoundException>(() => ResponseCache.Import(_folder["b.db"], _folder["none"]));
        Assert.ThrowsExactly<FileNotFoundException>(() => ResponseCache.Export(_folder["none.db"], _folder["x"]));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => ResponseCache.Export(_folder["a.db"], _folder["x"], cancelled.Token));
        Assert.IsFalse(File.Exists(_folder["x"]));
    }

    [TestMethod]
    public async Task The_cache_stays_in_use_meanwhile()
    {
        await FillAsync("a.db", 0, 600);
        using var client = new FakeChatClient((string t) => t).WithResponseCache(_folder["a.db"], "t");
        var asking = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
                await client.GetResponseAsync($"new {i}");
        });
        var first = ResponseCache.Export(_folder["a.db"], _folder["x"]);
        Assert.IsGreaterThanOrEqualTo(600, first);
        ResponseCache.Import(_folder["a.db"], _folder["x"]);
        await asking;
        Assert.AreEqual(800, ResponseCache.Export(_folder["a.db"], _folder["x"]));
    }
}
