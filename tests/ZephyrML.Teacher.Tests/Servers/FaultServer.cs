using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ZephyrML.Teacher.Tests;

/// <summary>
/// A real HTTP/1.1 server on the loopback interface that fails by a seeded plan: what happens to the n-th request for a prompt depends on the seed, the prompt and n alone.
/// It counts requests, failures, and how many requests were under way at once.
/// </summary>
internal sealed class FaultServer : IDisposable
{
    private static readonly Fault[] Kinds = Enum.GetValues<Fault>();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _attempts = [];
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
    private int _requests, _failures, _underWay, _most, _answered;

    /// <summary>Starts it.</summary>
    /// <param name="faultRate">The share of requests that something happens to.</param>
    /// <param name="mostFailures">How often one prompt fails at most.</param>
    /// <param name="seed">The seed of the plan.</param>
    public FaultServer(double faultRate = 0, int mostFailures = 3, int seed = 1)
    {
        (FaultRate, MostFailures, Seed) = (faultRate, mostFailures, seed);
        _listener.Start(1024);
        Address = new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1");
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    public double FaultRate { get; set; }

    public int MostFailures { get; }

    public int Seed { get; }

    /// <summary>How long it thinks.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>The answer to a prompt; "answer to …" unless set.</summary>
    public Func<string, string> Answer { get; init; } = prompt => "answer to " + prompt;

    /// <summary>Something that happens to every request: an outage.</summary>
    public Fault? Outage { get; set; }

    public int Requests => _requests;

    /// <summary>Requests that got no whole answer, as planned.</summary>
    public int Failures => _failures;

    /// <summary>Answers that were sent whole.</summary>
    public int Answered => _answered;

    /// <summary>The most requests that were under way at once.</summary>
    public int MostAtOnce => _most;

    /// <summary>Different requests.</summary>
    public int Keys => _attempts.Count;

    public ConcurrentDictionary<Fault, int> Happened { get; } = [];

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        foreach (var client in _clients.Keys)
            client.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            client.NoDelay = true;
            _clients.TryAdd(client, true);
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var reader = new RequestReader(client.GetStream());
            while (await reader.NextAsync(_stop.Token) is { } body)
            {
                if (!await HandleAsync(client, body))
                    return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the client has gone
        }
        finally
        {
            _clients.TryRemove(client, out _);
            client.Dispose();
        }
    }

    /// <summary>Answers a request; whether the connection stays.</summary>
    private async Task<bool> HandleAsync(TcpClient client, string body)
    {
        var attempt = _attempts.AddOrUpdate(body, 1, (_, n) => n + 1);
        Interlocked.Increment(ref _requests);
        var now = Interlocked.Increment(ref _underWay);
        for (var most = _most; now > most && Interlocked.CompareExchange(ref _most, now, most) != most; most = _most)
        {
        }
        var left = 0;
        try
        {
            if (Latency > TimeSpan.Zero)
                await Task.Delay(Latency, _stop.Token);
            var fault = Outage ?? Plan(body, attempt);
            Happened.AddOrUpdate(fault, 1, (_, n) => n + 1);
            if (fault is not (Fault.None or Fault.Slow))
                Interlocked.Increment(ref _failures);
            using var document = JsonDocument.Parse(body);
            var prompt = document.RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!;
            var streams = document.RootElement.TryGetProperty("stream", out var s) && s.GetBoolean();
            return await SendAsync(client, fault, streams ? Stream(prompt) : LoopbackServer.Answer(Answer(prompt)), streams, Leave);
        }
        finally
        {
            Leave();
        }

        // the client may go on as soon as the last byte is out: so it is counted out just before
        void Leave()
        {
            if (Interlocked.Exchange(ref left, 1) == 0)
                Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<bool> SendAsync(TcpClient client, Fault fault, string answer, bool streams, Action leave)
    {
        var bytes = Encoding.UTF8.GetBytes(fault switch
        {
            Fault.TooMany or Fault.TooManyUntil => """{"error":{"message":"slow down"}}""",
            Fault.Error => """{"error":{"message":"out of order"}}""" + new string(' ', 20_000),
            Fault.WrongJson => "<html>a proxy's page</html>",
            Fault.ErrorObject => """{"error":{"message":"overloaded"}}""",
            Fault.Twice => answer + answer,
            _ => answer,
        });
        var (status, more) = fault switch
        {
            Fault.TooMany => ("429 Too Many Requests", "Retry-After: 1\r\n"),
            Fault.TooManyUntil => ("429 Too Many Requests", $"Retry-After: {DateTime.UtcNow.AddSeconds(1).ToString("R", CultureInfo.InvariantCulture)}\r\n"),
            Fault.Error => ("500 Internal Server Error", ""),
            _ => ("200 OK", ""),
        };
        var type = streams && status[0] == '2' ? "text/event-stream" : "application/json";
        var head = Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\n{more}Content-Length: {bytes.Length}\r\n\r\n");
        var stream = client.GetStream();
        switch (fault)
        {
            case Fault.Reset:
                leave();
                Reset(client);
                return false;
            case Fault.HalfBody or Fault.HalfBodyReset:
                await stream.WriteAsync((byte[])[.. head, .. bytes.AsSpan(0, bytes.Length / 2)], _stop.Token);
                leave();
                if (fault == Fault.HalfBodyReset)
                    Reset(client);
                return false;
            case Fault.Slow:
                await stream.WriteAsync(head, _stop.Token);
                var piece = Math.Max(1, bytes.Length / 8);
                for (var start = 0; start < bytes.Length; start += piece)
                {
                    await Task.Delay(3, _stop.Token);
                    if (start + piece >= bytes.Length)
                        Answered1(leave);
                    await stream.WriteAsync(bytes.AsMemory(start, Math.Min(piece, bytes.Length - start)), _stop.Token);
                }
                return true;
            default:
                if (fault == Fault.None)
                    Answered1(leave);
                else
                    leave();
                await stream.WriteAsync((byte[])[.. head, .. bytes], _stop.Token);
                return true;
        }
    }

    private void Answered1(Action leave)
    {
        Interlocked.Increment(ref _answered);
        leave();
    }

    private Fault Plan(string body, int attempt)
    {
        if (FaultRate == 0)
            return Fault.None;
        var stream = new SeedStream(Seed, body, attempt);
        if (stream.NextDouble() >= FaultRate)
            return Fault.None;
        var fault = Kinds[1 + stream.Next(Kinds.Length - 1)];
        return attempt > MostFailures ? Fault.Slow : fault;
    }

    private string Stream(string prompt)
    {
        var pieces = Answer(prompt).Split(' ').Select((w, i) => $"data: {JsonSerializer.Serialize(new { id = "1", choices = new[] { new { index = 0, delta = new { content = i == 0 ? w : " " + w } } } })}\n\n");
        return string.Concat(pieces) + "data: {\"id\":\"1\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: {\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";
    }

    private static void Reset(TcpClient client)
    {
        client.LingerState = new(true, 0);
        client.Close();
    }
}
