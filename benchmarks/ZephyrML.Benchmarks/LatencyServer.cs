using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ZephyrML.Benchmarks;

/// <summary>An HTTP/1.1 server on the loopback interface that answers each chat completion after a given time, as cheaply as it can.</summary>
internal sealed class LatencyServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TimeSpan _latency;
    private readonly byte[] _answer;
    private int _underWay, _most;
    private long _heldTicks;

    public LatencyServer(TimeSpan latency)
    {
        _latency = latency;
        const string Body = """{"id":"1","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Light rain in the morning, then dry and mild; take an umbrella if you leave early."}}],"usage":{"prompt_tokens":24,"completion_tokens":18,"total_tokens":42}}""";
        _answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        _listener.Start(1024);
        Address = new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1");
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    public int MostAtOnce => _most;

    /// <summary>For how long calls were held, added up over all: on a busy machine more than the latency that was asked for.</summary>
    public TimeSpan Held => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _heldTicks));

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                client.NoDelay = true;
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var stream = client.GetStream();
            var buffer = new byte[65536];
            for (var length = 0; ;)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length));
                if (read == 0)
                    return;
                length += read;
                var head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
                if (head < 0 || length < head + 4 + ContentLength(buffer.AsSpan(0, head)))
                    continue;
                length = 0;
                var now = Interlocked.Increment(ref _underWay);
                _most = Math.Max(_most, now);
                var start = Stopwatch.GetTimestamp();
                await Task.Delay(_latency);
                Interlocked.Add(ref _heldTicks, Stopwatch.GetTimestamp() - start);
                Interlocked.Decrement(ref _underWay);
                await stream.WriteAsync(_answer);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
        }
        finally
        {
            client.Dispose();
        }
    }

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8) + 16;
        var digits = head[at..];
        var end = digits.IndexOf((byte)'\r');
        return int.Parse(end < 0 ? digits : digits[..end]);
    }
}
