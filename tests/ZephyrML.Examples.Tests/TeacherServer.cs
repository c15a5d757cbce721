using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace ZephyrML.Examples.Tests;

/// <summary>A server on this machine that speaks OpenAI's protocol, with a chat client behind it.</summary>
internal sealed class TeacherServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly IChatClient _client;
    private int _calls;

    public TeacherServer(IChatClient client)
    {
        _client = client;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = new Uri($"http://localhost:{((IPEndPoint)probe.LocalEndpoint).Port}/v1");
        }
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public Uri Address { get; }

    public int Calls => _calls;

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            Interlocked.Increment(ref _calls);
            var request = (await JsonNode.ParseAsync(context.Request.InputStream))!;
            var messages = request["messages"]!.AsArray().Select(m => new ChatMessage(new ChatRole((string)m!["role"]!), (string)m["content"]!));
            var text = (await _client.GetResponseAsync(messages)).Text;
            var answer = new JsonObject
            {
                ["id"] = "1",
                ["model"] = (string)request["model"]!,
                ["choices"] = new JsonArray(new JsonObject { ["finish_reason"] = "stop", ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text } }),
            };
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer));
            context.Response.Close();
        }
    }
}
