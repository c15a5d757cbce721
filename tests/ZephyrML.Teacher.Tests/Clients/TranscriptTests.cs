using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class TranscriptTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    private List<JsonElement> Lines => [.. File.ReadAllLines(_folder["t.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement)];

    [TestMethod]
    public async Task Tells_what_was_asked_what_came_and_what_failed()
    {
        var fails = 1;
        var inner = new FakeChatClient((m, _, _) => Interlocked.Decrement(ref fails) == 0
            ? throw new TeacherException("busy") { IsTransient = true, StatusCode = System.Net.HttpStatusCode.ServiceUnavailable }
            : Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "Sonnig, 世界\n☀")) { FinishReason = ChatFinishReason.Stop, ModelId = "m-1", Usage = new() { InputTokenCount = 3, OutputTokenCount = 2 } }));
        using var client = TeacherClient.Create(inner, new() { Name = "gpt", Transcript = _folder["t.jsonl"], Cache = _folder["c.db"], Retry = new() { Delay = TimeSpan.FromMilliseconds(1) } });
        ChatOptions options = new()
        {
            Temperature = 0.7f, TopP = 0.9f, MaxOutputTokens = 9, StopSequences = ["\n\n"], Seed = 4, Instructions = "Be brief.", ResponseFormat = ChatResponseFormat.Json, AdditionalProperties = new() { ["user_token"] = "hidden", ["min_p"] = 0.1 },
        };
        for (var i = 0; i < 2; i++)
            await client.GetResponseAsync([new(ChatRole.System, "S"), new(ChatRole.User, "Wetter?")], options);
        await client.GetStreamingResponseAsync("again").ToListAsync();
        await client.GetStreamingResponseAsync("left").TakeToListAsync(1);
        var lines = Lines;
        Assert.HasCount(4, lines, "an answer from the cache is no call");
        Assert.AreEqual(("gpt", "busy", "503"), (lines[0].GetProperty("teacher").GetString(), lines[0].GetProperty("error").GetString(), lines[0].GetProperty("error_type").GetString()));
        Assert.IsFalse(lines[0].TryGetProperty("response", out _));
        var line = lines[1];
        Assert.AreEqual(("Sonnig, 世界\n☀", "m-1", "stop", 3, 2), (line.GetProperty("response").GetString(), line.GetProperty("response_model").GetString(), line.GetProperty("finish_reason").GetString(),
            line.GetProperty("input_tokens").GetInt32(), line.GetProperty("output_tokens").GetInt32()));
        Assert.AreEqual("""[{"role":"system","content":"Be brief."},{"role":"system","content":"S"},{"role":"user","content":"Wetter?"}]""", line.GetProperty("messages").GetRawText());
        Assert.AreEqual("""{"temperature":0.7,"top_p":0.9,"max_tokens":9,"seed":4,"stop":["\n\n"],"response_format":"json","further":["min_p","user_token"]}""", line.GetProperty("options").GetRawText());
        Assert.AreEqual("Sonnig, 世界\n☀", lines[2].GetProperty("response").GetString());
        Assert.AreEqual("The stream was left.", lines[3].GetProperty("error").GetString());
        Assert.IsFalse(File.ReadAllText(_folder["t.jsonl"]).Contains("hidden", StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task Several_clients_append_whole_lines_and_mend_a_torn_one()
    {
        File.WriteAllText(_folder["t.jsonl"], "{\"torn");
        var clients = Enumerable.Range(0, 4).Select(i => new FakeChatClient((string t) => new string('x', 5000)).WithTranscript(_folder["t.jsonl"], $"{i}")).ToList();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => clients[i % 4].GetResponseAsync($"{i}"))));
        var lines = File.ReadAllLines(_folder["t.jsonl"]);
        Assert.AreEqual("{\"torn", lines[0]);
        Assert.AreEqual(200, lines.Skip(1).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("messages")[0].GetProperty("content").GetString()).Distinct().Count());
    }

    [TestMethod]
    public async Task A_line_that_cannot_be_written_loses_no_answer_and_fails_the_next_call()
    {
        var inner = new FakeChatClient((string t) => "a");
        Directory.CreateDirectory(_folder["d"]);
        using var client = inner.WithTranscript(_folder["d/t.jsonl"]).WithRetry(new() { Delay = TimeSpan.FromMilliseconds(1) });
        await client.GetResponseAsync("x");
        Directory.Delete(_folder["d"], recursive: true);
        Assert.AreEqual("a", (await client.GetResponseAsync("x")).Text);
        StringAssert.Contains((await Assert.ThrowsAsync<IOException>(() => client.GetResponseAsync("x"))).Message, "transcript");
        Assert.AreEqual(2, inner.Calls);
        Assert.Throws<IOException>(() => inner.WithTranscript(_folder.Root));
    }
}
