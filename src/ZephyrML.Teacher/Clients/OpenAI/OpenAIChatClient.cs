using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Chat completions over HTTP, whole or by server-sent events. Offers no tools to the model.</summary>
internal sealed class OpenAIChatClient : IChatClient
{
    private readonly Uri _address;
    private readonly string _model;
    private readonly Func<string?>? _apiKey;
    private readonly HttpClient _http;
    private readonly bool _ownsHttp, _isAzure, _newTokenLimitName;
    private readonly ChatClientMetadata _metadata;
    private readonly Redactor _redactor = new();
    private TimeSpan _limit;

    public OpenAIChatClient(Uri endpoint, string model, Func<string?>? apiKey, HttpClient? httpClient, bool isAzure = false)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https"))
            throw new ArgumentException("The endpoint must be an absolute http or https address.", nameof(endpoint));
        if (endpoint.UserInfo.Length > 0)
            throw new ArgumentException("The endpoint holds a user name or password; give the key by apiKey.", nameof(endpoint));
        _model = model;
        _apiKey = apiKey;
        _ownsHttp = httpClient is null;
        _http = httpClient ?? new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
        _limit = httpClient?.Timeout ?? TimeSpan.FromMinutes(10);
        _isAzure = isAzure || endpoint.Host.EndsWith(".azure.com", StringComparison.OrdinalIgnoreCase);
        _address = Address(endpoint, _isAzure);
        _newTokenLimitName = _isAzure || endpoint.Host.EndsWith("api.openai.com", StringComparison.OrdinalIgnoreCase);   // its newer models refuse max_tokens; other servers know nothing else
        _metadata = new(_isAzure ? "azure.ai.openai" : "openai", new UriBuilder(endpoint) { Query = "", Fragment = "" }.Uri, model);
        foreach (var value in endpoint.Query.TrimStart('?').Split('&').Where(p => !p.StartsWith("api-version=", StringComparison.OrdinalIgnoreCase)))
            _redactor.Add(Uri.UnescapeDataString(value[(value.IndexOf('=') + 1)..]));     // some gateways take their key there
        foreach (var (_, values) in _http.DefaultRequestHeaders.Where(h => h.Key.Contains("auth", StringComparison.OrdinalIgnoreCase) || h.Key.Contains("key", StringComparison.OrdinalIgnoreCase)))
        {
            foreach (var value in values)
                _redactor.Add(value[(value.IndexOf(' ') + 1)..]);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType == typeof(Redactor) ? _redactor : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does not end a call earlier than that by itself; an HTTP client of the user's keeps its own time.</summary>
    public void WaitAtLeast(TimeSpan limit) => _limit = _ownsHttp && limit > _limit ? limit : _limit;

    public void Dispose()
    {
        if (_ownsHttp)
            _http.Dispose();
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var limit = Limit(cancellationToken);
        var key = Key();
        try
        {
            using var response = await SendAsync(messages, options, stream: false, key, limit.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            string? why;
            try
            {
                using var document = JsonDocument.Parse(body);
                if (OpenAIAnswer.Read(document.RootElement, out why) is { } answer)
                    return Redact(answer);
            }
            catch (JsonException)
            {
                why = "it is no JSON";
            }
            throw OpenAIError.Unusable(why ?? "it is no answer", _model, Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 4096))), _redactor, response.StatusCode);
        }
        catch (Exception e) when (Translate(e, cancellationToken) is { } better)
        {
            throw better;
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var limit = Limit(cancellationToken);
        var pieces = PiecesAsync(messages, options, limit.Token).GetAsyncEnumerator(limit.Token);
        await using (pieces.ConfigureAwait(false))
        {
            while (true)
            {
                if (_ownsHttp)
                    limit.CancelAfter(_limit);                                     // each piece has its time: a long answer is no fault, nor is a slow reader
                try
                {
                    if (!await pieces.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e) when (Translate(e, cancellationToken) is { } better)
                {
                    throw better;
                }
                if (_ownsHttp)
                    limit.CancelAfter(Timeout.InfiniteTimeSpan);
                yield return pieces.Current;
            }
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> PiecesAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = Key();
        using var response = await SendAsync(messages, options, stream: true, key, cancellationToken).ConfigureAwait(false);
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var (finished, redactor) = (false, new StreamRedactor(_redactor));
        await foreach (var data in ServerSentEvents.ReadAsync(stream, cancellationToken).ConfigureAwait(false))
        {
            if (data.Trim() == "[DONE]")
            {
                finished = true;
                break;
            }
            ChatResponseUpdate? update;
            string? why;
            try
            {
                using var document = JsonDocument.Parse(data);
                update = OpenAIAnswer.ReadPiece(document.RootElement, out why);
            }
            catch (JsonException)
            {
                (update, why) = (null, "a piece of the stream is no JSON");
            }
            if (update is null)
                throw OpenAIError.Unusable(why!, _model, data, _redactor, response.StatusCode);
            finished |= update.FinishReason is not null;
            redactor.Clean(update);
            yield return update;
        }
        if (redactor.Rest() is { Length: > 0 } rest)
            yield return new(ChatRole.Assistant, rest);
        if (!finished)
            throw new TeacherException($"The server of model '{_model}' ended its stream in the middle of the answer.") { StatusCode = response.StatusCode, IsTransient = true };
    }

    private async Task<HttpResponseMessage> SendAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream, string? key, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address);
        request.Content = new ByteArrayContent(OpenAIRequest.Write(_model, messages, options, stream, _newTokenLimitName));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.Accept.ParseAdd(stream ? "text/event-stream" : "application/json");
        if (key is not null)
            request.Headers.TryAddWithoutValidation(_isAzure ? "api-key" : "Authorization", _isAzure ? key : "Bearer " + key);      // Add's complaint would show the key
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await OpenAIError.ReadAsync(response, _model, _redactor, cancellationToken).ConfigureAwait(false);
    }

    private string? Key()
    {
        var key = _apiKey?.Invoke()?.Trim();
        if (string.IsNullOrEmpty(key))
            return null;
        if (key.Any(c => c is < ' ' or > '~'))                                    // the header's own complaint would show the key
            throw new TeacherException($"The key for model '{_model}' holds characters that cannot stand in an HTTP header.");
        _redactor.Add(key);
        return key;
    }

    private ChatResponse Redact(ChatResponse answer)
    {
        foreach (var content in answer.Messages.SelectMany(m => m.Contents))
        {
            if (content is TextContent text)
                text.Text = _redactor.Clean(text.Text);
            else if (content is TextReasoningContent thought)
                thought.Text = _redactor.Clean(thought.Text);
        }
        return answer;
    }

    private CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (_limit != Timeout.InfiniteTimeSpan)
            source.CancelAfter(_limit);                                            // HttpClient's own ends with the headers
        return source;
    }

    private TeacherException? Translate(Exception e, CancellationToken cancellationToken) => e switch
    {
        TeacherException => null,
        OperationCanceledException when cancellationToken.IsCancellationRequested => null,
        OperationCanceledException => new($"The server of model '{_model}' did not answer within {_limit}.", e) { IsTransient = true },
        HttpRequestException or IOException => new($"The server of model '{_model}' could not be reached, or broke off: {_redactor.Clean(e.Message)}", e) { IsTransient = true },
        _ => null,
    };

    private static Uri Address(Uri endpoint, bool isAzure)
    {
        var path = endpoint.AbsolutePath.TrimEnd('/');
        if (path.Length == 0)
            path = isAzure ? "/openai/v1" : "/v1";
        if (!path.EndsWith("/chat/completions", StringComparison.OrdinalIgnoreCase))
            path += "/chat/completions";
        return new UriBuilder(endpoint) { Path = path, Fragment = "" }.Uri;
    }
}
