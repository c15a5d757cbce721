using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>A planted key, echoed by the server wherever it can, is found in no file, exception, span or metric.</summary>
[TestClass]
[DoNotParallelize]
public class SecretTests
{
    private const string Secret = "sk-Planted+Secret/0123456789==";

    /// <summary>The key as texts may hold it; every form contains one of these.</summary>
    private static readonly string[] Traces = ["Planted", "0123456789", "UGxhbnRlZ"];

    [TestMethod]
    public async Task A_planted_key_is_nowhere_after_everything_was_done()
    {
        using var folder = new TemporaryFolder();
        var said = new ConcurrentQueue<string>();
        using var spans = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a => said.Enqueue($"{a.DisplayName} {a.StatusDescription} {string.Join(' ', a.TagObjects.Select(t => $"{t.Key}={(t.Value is string[] s ? string.Join(',', s) : t.Value)}"))}"),
        };
        ActivitySource.AddActivityListener(spans);
        using var meters = new MeterListener { InstrumentPublished = (i, l) => l.EnableMeasurementEvents(i) };
        meters.SetMeasurementEventCallback<long>((i, v, tags, _) => said.Enqueue($"{i.Name} {string.Join(' ', tags.ToArray())}"));
        meters.SetMeasurementEventCallback<double>((i, v, tags, _) => said.Enqueue($"{i.Name} {string.Join(' ', tags.ToArray())}"));
        meters.Start();
        using var events = new EventLog(said);

        // a server that says the key in errors, in answers, in pieces of streams, cut and encoded
        string[] echoes = [Secret, "Bearer " + Secret, JsonSerializer.Serialize(Secret), Uri.EscapeDataString(Secret), Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), Secret.ToUpperInvariant(), new string('x', 4096 - 12) + Secret];
        var turn = 0;
        using var server = new LoopbackServer(async (_, context, body) =>
        {
            var echo = echoes[turn % echoes.Length];
            var kind = turn++ / echoes.Length;
            if (body.Contains("\"stream\":true", StringComparison.Ordinal) && kind % 3 > 0)
            {
                var half = echo.Length / 2;
                await LoopbackServer.StreamAsync(context, new[] { "I am ", echo[..half], echo[half..], " and ", echo[..(echo.Length - 3)], echo[^3..] }
                    .Select(p => $"data: {JsonSerializer.Serialize(new { choices = new[] { new { delta = new { content = p } } } })}\n\n").Append("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"));
                return;
            }
            if (kind % 3 == 0)
                context.Response.StatusDescription = "Bad key " + Secret;
            await LoopbackServer.SendAsync(context, kind % 3 == 0 ? 401 : 200, kind % 3 == 0 ? $"{{\"error\":\"bad key {echo}\"}}" : kind % 3 == 1 ? LoopbackServer.Answer($"Your key is {echo}.") : $"<html>{echo}</html>");
        });
        Environment.SetEnvironmentVariable("ZEPHYR_TEST_KEY", Secret);
        var options = new TeacherOptions
        {
            Name = "t", Cache = folder["c.db"], Transcript = folder["t.jsonl"], RecordPrompts = true, Retry = new() { MaxRetries = 1, Delay = TimeSpan.FromMilliseconds(1) }, CircuitBreaker = null,
            Budget = new() { MaxTokens = 1_000_000, Ledger = folder["l.db"] },
        };
        using (var teacher = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m", () => Environment.GetEnvironmentVariable("ZEPHYR_TEST_KEY")), options))
        using (var azure = TeacherClient.AzureOpenAI(new(server.Address, "/"), "d", () => Secret).WithTranscript(folder["azure.jsonl"]))
        using (var query = TeacherClient.OpenAI(new(server.Address + "?subscription-key=" + Uri.EscapeDataString(Secret)), "m").WithTranscript(folder["query.jsonl"]))
        using (var pool = TeacherClient.Create(new ReplicaPool([TeacherClient.OpenAI(server.Address, "m", () => Secret)], new() { MaxFailures = 1000 }), new() { Name = "p", Cache = folder["c.db"], Transcript = folder["pool.jsonl"], Retry = null, CircuitBreaker = null }))
        using (var http = new HttpClient { DefaultRequestHeaders = { { "X-Api-Key", Secret } } })
        using (var own = TeacherClient.OpenAI(server.Address, "m", httpClient: http).WithResponseCache(folder["c.db"], "own"))
        {
            foreach (var client in (IChatClient[])[teacher, azure, query, pool, own])
            {
                for (turn = 0; turn < 3 * echoes.Length;)
                    await SayAsync(said, () => client.GetResponseAsync($"prompt {turn}"), r => r.Text);
                for (turn = 0; turn < 3 * echoes.Length;)
                    await SayAsync(said, () => client.GetStreamingResponseAsync($"prompt s {turn}").ToChatResponseAsync(), r => r.Text);
            }
            var generator = new AnswerGenerator(teacher, new() { ["m"] = pool });
            turn = 0;
            await SayAsync(said, () => generator.GenerateAsync(new(1, "row")), r => r.Response);
            said.Enqueue(teacher.DryRun(["x"]).ToString());
            // the files while they are open, -wal and -shm with them
            Scan(folder.Root);
        }
        using var plain = LoopbackServer.Echo();
        foreach (var key in (string[])["sk-Planted\nSecret", "Planted, \"Secret\" 0123456789", "Planted=Secret;0123456789"])
        {
            using var odd = TeacherClient.OpenAI(plain.Address, "m", () => key);
            await SayAsync(said, () => odd.GetResponseAsync("x"), r => "");
        }
        using (var gone = TeacherClient.OpenAI(new("http://127.0.0.1:1/v1?subscription-key=" + Uri.EscapeDataString(Secret)), "m", () => Secret))
            await SayAsync(said, () => gone.GetResponseAsync("x"), r => "");
        ResponseCache.Export(folder["c.db"], folder["export.jsonl"]);
        ZipFile.CreateFromDirectory(folder.Root, Path.Combine(Path.GetTempPath(), Path.GetFileName(folder.Root) + ".zip"));
        File.Delete(Path.Combine(Path.GetTempPath(), Path.GetFileName(folder.Root) + ".zip"));
        Assert.IsGreaterThan(5, Scan(folder.Root));
        Assert.IsGreaterThan(200, said.Count);
        foreach (var text in said)
            AssertClean(text, text);
        StringAssert.Contains(File.ReadAllText(folder["export.jsonl"]), "***", "the answers that held the key are there without it");
        Environment.SetEnvironmentVariable("ZEPHYR_TEST_KEY", null);
    }

    [TestMethod]
    public void A_secret_is_found_across_pieces_and_at_a_cut()
    {
        var redactor = new Redactor();
        redactor.Add("abcdef");
        redactor.Add("abc");                                                       // too short to be a key
        Assert.AreEqual("x *** y *** ab", redactor.Clean("x abcdef y ABCDEF ab"));
        Assert.AreEqual("x ***", redactor.CleanCut("x abcde"));
        Assert.AreEqual("x abc", redactor.CleanCut("x abc"));
        for (var seed = 0; seed < 300; seed++)
        {
            var stream = new SeedStream(seed, "pieces");
            var text = string.Concat(Enumerable.Range(0, 6).Select(_ => (string[])["abcdef", "abc", "a", "xyz", "abcabcdef"] is var all ? all[stream.Next(all.Length)] : ""));
            var cleaner = new StreamRedactor(redactor);
            var result = new StringBuilder();
            for (var start = 0; start < text.Length;)
            {
                var length = Math.Min(text.Length - start, 1 + stream.Next(4));
                var update = new ChatResponseUpdate(ChatRole.Assistant, text.Substring(start, length));
                cleaner.Clean(update);
                result.Append(update.Text);
                start += length;
            }
            result.Append(cleaner.Rest());
            Assert.AreEqual(text.Replace("abcdef", "***", StringComparison.Ordinal), result.ToString());
        }
    }

    private static async Task SayAsync<T>(ConcurrentQueue<string> said, Func<Task<T>> call, Func<T, string> text)
    {
        try
        {
            said.Enqueue(text(await call()));
        }
        catch (Exception e)
        {
            for (var inner = e; inner is not null; inner = inner.InnerException)
                said.Enqueue(inner + string.Join(' ', inner.Data.Values.Cast<object>()));
        }
    }

    private static int Scan(string folder)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        foreach (var file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            AssertClean(Encoding.Latin1.GetString(copy.ToArray()), file);
        }
        return files.Length;
    }

    private static void AssertClean(string text, string where)
    {
        foreach (var trace in Traces)
        {
            var at = text.IndexOf(trace, StringComparison.OrdinalIgnoreCase);
            Assert.IsLessThan(0, at, $"{trace} in {(where.Length > 500 ? where[..500] : where)}: {(at < 0 ? "" : text[Math.Max(0, at - 100)..Math.Min(text.Length, at + 60)])}");
        }
    }

    /// <summary>What .NET's own HTTP logs say.</summary>
    private sealed class EventLog(ConcurrentQueue<string> said) : EventListener
    {
        private readonly ConcurrentQueue<string>? _said = said;

        protected override void OnEventSourceCreated(EventSource source)
        {
            if (source.Name is "System.Net.Http" or "System.Net.Security" or "System.Net.Sockets")
                EnableEvents(source, EventLevel.Verbose, EventKeywords.All);
        }

        protected override void OnEventWritten(EventWrittenEventArgs e) => _said?.Enqueue($"{e.EventName} {string.Join(' ', e.Payload ?? (IReadOnlyCollection<object?>)[])}");
    }
}
