using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class OpenAIChatClientTests
{
    private const string Secret = "sk-planted-secret-0123456789";

    [TestMethod]
    public async Task Asks_and_reads_the_answer()
    {
        using var server = LoopbackServer.Echo();
        using var client = TeacherClient.OpenAI(server.Address, "my-model", () => Secret);
        var options = new ChatOptions
        {
            Temperature = 0.7f, TopP = 0.95f, TopK = 40, MaxOutputTokens = 99, StopSequences = ["\n\n"], Seed = 5, PresencePenalty = 2, FrequencyPenalty = 0.5f,
            ResponseFormat = ChatResponseFormat.Json, Instructions = "Be brief.", AdditionalProperties = new() { ["min_p"] = 0.1, ["zephyr.sample"] = 3 },
        };
        var response = await client.GetResponseAsync([new(ChatRole.System, "S"), new(ChatRole.User, "Grüße, 世界")], options);

        Assert.AreEqual("answer to Grüße, 世界", response.Text);
        Assert.AreEqual(ChatFinishReason.Stop, response.FinishReason);
        Assert.AreEqual("served-model", response.ModelId);
        Assert.AreEqual((11L, 7L, 18L), (response.Usage!.InputTokenCount!.Value, response.Usage.OutputTokenCount!.Value, response.Usage.TotalTokenCount!.Value));
        Assert.IsTrue(server.Paths.TryDequeue(out var path));
        Assert.AreEqual("/v1/chat/completions", path);
        Assert.IsTrue(server.Headers.TryDequeue(out var headers));
        Assert.AreEqual("Bearer " + Secret, headers["Authorization"]);
        Assert.IsTrue(server.Bodies.TryDequeue(out var body));
        Assert.AreEqual("""{"model":"my-model","messages":[{"role":"system","content":"Be brief."},{"role":"system","content":"S"},{"role":"user","content":"Grüße, 世界"}],"temperature":0.7,"top_p":0.95,"frequency_penalty":0.5,"presence_penalty":2,"top_k":40,"seed":5,"max_tokens":99,"stop":["\n\n"],"response_format":{"type":"json_object"},"min_p":0.1}""", body);
    }

    [TestMethod]
    [DataRow("http://127.0.0.1:PORT", "/v1/chat/completions")]
    [DataRow("http://127.0.0.1:PORT/", "/v1/chat/completions")]
    [DataRow("http://127.0.0.1:PORT/api/v1/", "/api/v1/chat/completions")]
    [DataRow("http://127.0.0.1:PORT/openai/deployments/d/chat/completions?api-version=2024-10-21", "/openai/deployments/d/chat/completions?api-version=2024-10-21")]
    [DataRow("http://127.0.0.1:PORT/openai/deployments/d?api-version=2024-10-21", "/openai/deployments/d/chat/completions?api-version=2024-10-21")]
    public async Task Builds_the_address(string endpoint, string expected)
    {
        using var server = LoopbackServer.Echo();
        using var client = TeacherClient.OpenAI(new(endpoint.Replace("PORT", server.Address.Port.ToString())), "m");
        await client.GetResponseAsync("x");
        Assert.IsTrue(server.Paths.TryDequeue(out var path));
        Assert.AreEqual(expected, path);
        Assert.IsTrue(server.Headers.TryDequeue(out var headers));
        Assert.IsNull(headers["Authorization"]);
    }

    [TestMethod]
    public void Tells_its_metadata_without_the_query()
    {
        using var client = TeacherClient.OpenAI(new("https://example.org/v1?key=" + Secret), "m");
        var metadata = client.GetService<ChatClientMetadata>()!;
        Assert.AreEqual(("openai", "m"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.AreEqual("https://example.org/v1", metadata.ProviderUri!.ToString());
        Assert.ThrowsExactly<ArgumentException>(() => TeacherClient.OpenAI(new("https://user:word@example.org/v1"), "m"));
        Assert.ThrowsExactly<ArgumentException>(() => TeacherClient.OpenAI(new("ftp://example.org"), "m"));
        Assert.ThrowsExactly<ArgumentException>(() => TeacherClient.OpenAI(new("https://example.org"), " "));
    }

    [TestMethod]
    public async Task Streams()
    {
        using var server = new LoopbackServer(async (_, context, _) => await LoopbackServer.StreamAsync(context,
            ": a comment\n\n", "data: {\"id\":\"1\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"Su", "n\"}}]}\n\ndata:{\"id\":\"1\",\"choices\":[{\"delta\":{\"content\":\"ny\"}}]}\r\n\r\n",
            "data: {\"id\":\"1\",\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n", "data: {\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n"));
        using var client = TeacherClient.OpenAI(server.Address, "m");
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync("x"))
            updates.Add(update);
        var response = updates.ToChatResponse();
        Assert.AreEqual("Sunny", response.Text);
        Assert.AreEqual(ChatFinishReason.Length, response.FinishReason);
        Assert.AreEqual(3, response.Usage!.InputTokenCount);
        Assert.IsTrue(server.Bodies.Single().Contains("\"stream\":true", StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task A_stream_that_ends_in_the_middle_is_an_error()
    {
        using var server = new LoopbackServer(async (_, context, _) => await LoopbackServer.StreamAsync(context, "data: {\"choices\":[{\"delta\":{\"content\":\"Su\"}}]}\n\n"));
        using var client = TeacherClient.OpenAI(server.Address, "m");
        var e = await Assert.ThrowsExactlyAsync<TeacherException>(async () => await client.GetStreamingResponseAsync("x").ToListAsync());
        Assert.IsTrue(e.IsTransient);
        StringAssert.Contains(e.Message, "in the middle");
    }

    [TestMethod]
    [DataRow(401, false)]
    [DataRow(400, false)]
    [DataRow(429, true)]
    [DataRow(500, true)]
    [DataRow(503, true)]
    public async Task Errors_tell_status_and_a_piece_of_the_body_but_not_the_key(int status, bool transient)
    {
        using var server = new LoopbackServer(async (_, context, _) =>
        {
            context.Response.AddHeader("Retry-After", "7");
            await LoopbackServer.SendAsync(context, status, $"{{\"error\":\"bad key {Secret} was refused\"}}" + new string('x', 100_000));
        });
        using var client = TeacherClient.OpenAI(server.Address, "my-model", () => Secret);
        foreach (var ask in (Func<Task>[])[() => client.GetResponseAsync("x"), async () => await client.GetStreamingResponseAsync("x").ToListAsync()])
        {
            var e = await Assert.ThrowsExactlyAsync<TeacherException>(ask);
            Assert.AreEqual((HttpStatusCode)status, e.StatusCode);
            Assert.AreEqual(transient, e.IsTransient);
            Assert.AreEqual(TimeSpan.FromSeconds(7), e.RetryAfter);
            StringAssert.Contains(e.Message, "my-model");
            StringAssert.Contains(e.Message, $"{status}");
            StringAssert.Contains(e.Message, "was refused");
            Assert.IsFalse(e.ToString().Contains(Secret, StringComparison.Ordinal), e.ToString());
            Assert.IsLessThan(1000, e.Message.Length);
        }
    }

    [TestMethod]
    [DataRow("<html>proxy</html>")]
    [DataRow("[]")]
    [DataRow("{\"choices\":[]}")]
    [DataRow("{\"error\":{\"message\":\"overloaded\"}}")]
    [DataRow("{\"choices\":[{\"message\"")]
    public async Task An_answer_that_is_none_is_an_error(string body)
    {
        using var server = new LoopbackServer(async (_, context, _) => await LoopbackServer.SendAsync(context, 200, body));
        using var client = TeacherClient.OpenAI(server.Address, "m");
        var e = await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"));
        Assert.IsTrue(e.IsTransient);
        StringAssert.Contains(e.Message, body);
    }

    [TestMethod]
    public async Task A_broken_connection_and_a_dead_server_are_transient_errors()
    {
        using var server = new LoopbackServer((_, context, _) =>
        {
            context.Response.Abort();
            return Task.CompletedTask;
        });
        using var client = TeacherClient.OpenAI(server.Address, "m");
        Assert.IsTrue((await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"))).IsTransient);
        server.Dispose();
        Assert.IsTrue((await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"))).IsTransient);
    }

    [TestMethod]
    public async Task Cancellation_is_no_error_of_the_teacher_and_a_time_out_is()
    {
        using var server = LoopbackServer.Echo(TimeSpan.FromSeconds(5));
        using var client = TeacherClient.OpenAI(server.Address, "m");
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAsync<OperationCanceledException>(() => client.GetResponseAsync("x", cancellationToken: cancel.Token));

        using var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(100) };
        using var impatient = TeacherClient.OpenAI(server.Address, "m", httpClient: http);
        var e = await Assert.ThrowsExactlyAsync<TeacherException>(() => impatient.GetResponseAsync("x"));
        Assert.IsTrue(e.IsTransient);
        StringAssert.Contains(e.Message, "00:00:00.1");
    }

    [TestMethod]
    public async Task A_key_that_cannot_be_sent_is_not_shown()
    {
        using var client = TeacherClient.OpenAI(new("http://127.0.0.1:1/v1"), "m", () => "sk-pl\nanted");
        var e = await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"));
        Assert.IsFalse(e.ToString().Contains("anted", StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task Sends_images_and_schemas_and_refuses_tools()
    {
        using var server = LoopbackServer.Echo();
        using var client = TeacherClient.OpenAI(server.Address, "m");
        var message = new ChatMessage(ChatRole.User, [new TextContent("What is it?"), new DataContent(new byte[] { 1, 2 }, "image/png")]);
        var schema = JsonDocument.Parse("""{"type":"object"}""").RootElement;
        await client.GetResponseAsync([message, new(ChatRole.User, "?")], new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, "rating") });
        var body = server.Bodies.Single();
        StringAssert.Contains(body, """{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}""");
        StringAssert.Contains(body, ""","response_format":{"type":"json_schema","json_schema":{"name":"rating","schema":{"type":"object"}}}""");
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => client.GetResponseAsync("x", new() { Tools = [new HostedWebSearchTool()] }));
    }

    [TestMethod]
    public async Task Reads_reasoning_and_parts_and_refusals()
    {
        var bodies = new Queue<string>([
            """{"choices":[{"message":{"reasoning_content":"hm","content":"four"},"finish_reason":"stop"}]}""",
            """{"choices":[{"message":{"content":[{"type":"text","text":"fo"},{"type":"text","text":"ur"}]}}]}""",
            """{"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"content_filter"}]}""",
        ]);
        using var server = new LoopbackServer(async (_, context, _) => await LoopbackServer.SendAsync(context, 200, bodies.Dequeue()));
        using var client = TeacherClient.OpenAI(server.Address, "m");
        Assert.AreEqual("four", (await client.GetResponseAsync("x")).Text);
        Assert.AreEqual("four", (await client.GetResponseAsync("x")).Text);
        var refused = await client.GetResponseAsync("x");
        Assert.AreEqual(("no", ChatFinishReason.ContentFilter), (refused.Text, refused.FinishReason!.Value));
    }

    [TestMethod]
    [DataRow("http://127.0.0.1:PORT", "/openai/deployments/my%20d/chat/completions?api-version=2024-10-21")]
    [DataRow("http://127.0.0.1:PORT/gateway/", "/gateway/openai/deployments/my%20d/chat/completions?api-version=2024-10-21")]
    public async Task Azure_has_its_own_address_header_and_name_of_the_token_limit(string resource, string expected)
    {
        using var server = LoopbackServer.Echo();
        using var client = TeacherClient.AzureOpenAI(new(resource.Replace("PORT", server.Address.Port.ToString())), "my d", () => Secret);
        Assert.AreEqual("answer to x", (await client.GetResponseAsync("x", new() { MaxOutputTokens = 5, Reasoning = new() { Effort = ReasoningEffort.Low } })).Text);
        Assert.AreEqual(expected, server.Paths.Single());
        Assert.AreEqual((Secret, null), (server.Headers.Single()["api-key"], server.Headers.Single()["Authorization"]));
        StringAssert.Contains(server.Bodies.Single(), "\"reasoning_effort\":\"low\",\"max_completion_tokens\":5");
        Assert.AreEqual(("azure.ai.openai", "my d"), (client.GetService<ChatClientMetadata>()!.ProviderName, client.GetService<ChatClientMetadata>()!.DefaultModelId));
    }

    /// <summary>What Azure, vLLM, llama.cpp and Ollama send beside the plain protocol.</summary>
    [TestMethod]
    public async Task Reads_the_streams_of_all_servers()
    {
        string[] azure = ["data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n", "data: {\"choices\":[{\"delta\":{\"content\":\"Sunny\"},\"content_filter_results\":{},\"finish_reason\":null}]}\n\n", "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n", "data: [DONE]\n\n"];
        string[] vllm = ["data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Sunny\"},\"finish_reason\":\"stop\",\"stop_reason\":null}]}\n\n", "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":1,\"total_tokens\":5}}\n\n", "data: [DONE]\n\n"];
        string[] llamaCpp = ["data: {\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n", "data: {\"choices\":[{\"finish_reason\":null,\"delta\":{\"content\":\"Sunny\"}}]}\n\n", "data: {\"choices\":[{\"finish_reason\":\"stop\",\"delta\":{}}],\"timings\":{\"prompt_n\":4}}\n\n", "data: [DONE]\n\n"];
        string[] ollama = ["data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"reasoning\":\"hm\"},\"finish_reason\":null}]}\n\n", "data: {\"choices\":[{\"delta\":{\"content\":\"Sunny\"},\"finish_reason\":\"stop\"}]}\n\n", "data: [DONE]\n\n"];
        foreach (var pieces in (string[][])[azure, vllm, llamaCpp, ollama])
        {
            using var server = new LoopbackServer((_, context, _) => LoopbackServer.StreamAsync(context, pieces));
            using var client = TeacherClient.OpenAI(server.Address, "m");
            var response = await client.GetStreamingResponseAsync("x").ToChatResponseAsync();
            Assert.AreEqual(("Sunny", ChatFinishReason.Stop), (response.Text, response.FinishReason!.Value));
        }
        using var loading = new LoopbackServer(async (_, context, _) => await LoopbackServer.SendAsync(context, 503, """{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"""));
        using var waiting = TeacherClient.OpenAI(loading.Address, "m");
        Assert.IsTrue((await Assert.ThrowsExactlyAsync<TeacherException>(() => waiting.GetResponseAsync("x"))).IsTransient);
    }
}
