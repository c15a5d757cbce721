using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace ZephyrML.Teacher.Tests;

/// <summary>A real HTTP server on the loopback interface, on a port of its own.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<LoopbackServer, HttpListenerContext, string, Task> _handle;
    private readonly Task _loop;
    private int _requests;

    public LoopbackServer(Func<LoopbackServer, HttpListenerContext, string, Task> handle)
    {
        _handle = handle;
        for (var attempt = 0; ; attempt++)
        {
            var port = Random.Shared.Next(20000, 60000);
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                _listener.Start();
                Address = new($"http://127.0.0.1:{port}/v1");
                break;
            }
            catch (HttpListenerException) when (attempt < 50)
            {
            }
        }
        _loop = Task.Run(LoopAsync);
    }

    public Uri Address { get; }

    public int Requests => _requests;

    public ConcurrentQueue<string> Bodies { get; } = [];

    public ConcurrentQueue<string> Paths { get; } = [];

    public ConcurrentQueue<System.Collections.Specialized.NameValueCollection> Headers { get; } = [];

    /// <summary>A server that answers every question with "answer to …".</summary>
    public static LoopbackServer Echo(TimeSpan latency = default) => new(async (_, context, body) =>
    {
        if (latency > TimeSpan.Zero)
            await Task.Delay(latency);
        await SendAsync(context, 200, Answer("answer to " + LastMessage(body)));
    });

    public static string LastMessage(string body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!;
    }

    public static string Answer(string text, string reason = "stop") => JsonSerializer.Serialize(new
    {
        id = "chatcmpl-1",
        model = "served-model",
        created = 1_700_000_000,
        choices = new[] { new { index = 0, finish_reason = reason, message = new { role = "assistant", content = text } } },
        usage = new { prompt_tokens = 11, completion_tokens = 7, total_tokens = 18 },
    });

    public static async Task SendAsync(HttpListenerContext context, int status, string body, string type = "application/json")
    {
        try
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            var bytes = Encoding.UTF8.GetBytes(body);
            context.Response.ContentLength64 = bytes.Length;
            await context.Response.OutputStream.WriteAsync(bytes);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // the client has gone
        }
    }

    public static async Task StreamAsync(HttpListenerContext context, params IEnumerable<string> pieces)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.SendChunked = true;
        foreach (var piece in pieces)
        {
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(piece));
            await context.Response.OutputStream.FlushAsync();
        }
        context.Response.Close();
    }

    public void Dispose()
    {
        _listener.Close();
        _loop.Wait(TimeSpan.FromSeconds(5));
    }

    private async Task LoopAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            _ = HandleAsync(context);
        }
    }

    private async Task HandleAsync(HttpListenerContext context)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            Bodies.Enqueue(body);
            Paths.Enqueue(context.Request.RawUrl ?? "");
            Headers.Enqueue(context.Request.Headers);
            await _handle(this, context, body);
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // the client has gone
        }
    }
}
