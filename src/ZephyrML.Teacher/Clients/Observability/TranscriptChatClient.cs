using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Writes a JSON line about each call that goes out: what was asked, what came back or what failed, tokens and time. Of settings that we do not know, the names alone: they may be secrets.</summary>
internal sealed class TranscriptChatClient : DelegatingChatClient
{
    private readonly TranscriptFile _file;
    private readonly string? _teacher, _model;
    private readonly Redactor? _redactor;

    public TranscriptChatClient(IChatClient client, string path, string? name) : base(client)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _file = new(path);
        (_teacher, _model, _redactor) = (name, client.GetService<ChatClientMetadata>()?.DefaultModelId, client.GetService<Redactor>());
    }

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        _file.Check();
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var start = Stopwatch.GetTimestamp();
        try
        {
            var response = await base.GetResponseAsync(list, options, cancellationToken).ConfigureAwait(false);
            Write(start, list, options, response, null);
            return response;
        }
        catch (Exception e)
        {
            Write(start, list, options, null, e);
            throw;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _file.Check();
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var start = Stopwatch.GetTimestamp();
        var updates = new List<ChatResponseUpdate>();
        Exception? failure = new OperationCanceledException("The stream was left.");
        var stream = base.GetStreamingResponseAsync(list, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (Exception e)
                {
                    failure = e;
                    throw;
                }
                updates.Add(stream.Current.Clone());
                yield return stream.Current;
            }
            failure = null;
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            Write(start, list, options, updates.ToChatResponse(), failure);
        }
    }

    private void Write(long start, IList<ChatMessage> messages, ChatOptions? options, ChatResponse? response, Exception? failure)
    {
        using var buffer = new MemoryStream();
        using (var w = new Utf8JsonWriter(buffer, DialogueJson.WriterOptions))
        {
            w.WriteStartObject();
            w.WriteString("time", DateTimeOffset.UtcNow.ToString("O"));
            Text(w, "teacher", _teacher);
            Text(w, "model", options?.ModelId ?? _model);
            w.WriteNumber("milliseconds", Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 1));
            w.WriteStartArray("messages");
            if (options?.Instructions is { } instructions)
                Message(w, "system", instructions);
            foreach (var message in messages)
                Message(w, message.Role.Value, message.Text);
            w.WriteEndArray();
            if (options is not null)
                Settings(w, options);
            if (response is not null)
            {
                Text(w, "response", response.Text);
                Text(w, "response_model", response.ModelId);
                Text(w, "finish_reason", response.FinishReason?.Value);
                if (response.Usage?.InputTokenCount is { } input)
                    w.WriteNumber("input_tokens", input);
                if (response.Usage?.OutputTokenCount is { } output)
                    w.WriteNumber("output_tokens", output);
            }
            if (failure is not null)
            {
                Text(w, "error", failure.Message);
                Text(w, "error_type", Failure.Kind(failure));
            }
            w.WriteEndObject();
        }
        _file.Append(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private void Settings(Utf8JsonWriter w, ChatOptions options)
    {
        w.WriteStartObject("options");
        Number(w, "temperature", (decimal?)options.Temperature);
        Number(w, "top_p", (decimal?)options.TopP);
        Number(w, "top_k", options.TopK);
        Number(w, "max_tokens", options.MaxOutputTokens);
        Number(w, "seed", options.Seed);
        Number(w, "frequency_penalty", (decimal?)options.FrequencyPenalty);
        Number(w, "presence_penalty", (decimal?)options.PresencePenalty);
        Names(w, "stop", options.StopSequences);
        Text(w, "response_format", options.ResponseFormat switch { ChatResponseFormatJson => "json", ChatResponseFormatText => "text", _ => null });
        Names(w, "further", options.AdditionalProperties?.Keys.Order(StringComparer.Ordinal));
        w.WriteEndObject();
    }

    private void Message(Utf8JsonWriter w, string role, string text)
    {
        w.WriteStartObject();
        w.WriteString("role", role);
        w.WriteString("content", Clean(text));
        w.WriteEndObject();
    }

    private void Text(Utf8JsonWriter w, string name, string? text)
    {
        if (text is not null)
            w.WriteString(name, Clean(text));
    }

    private static void Number(Utf8JsonWriter w, string name, decimal? value)
    {
        if (value is { } number)
            w.WriteNumber(name, number);
    }

    private void Names(Utf8JsonWriter w, string name, IEnumerable<string>? values)
    {
        if (values is null || !values.Any())
            return;
        w.WriteStartArray(name);
        foreach (var value in values)
            w.WriteStringValue(Clean(value));
        w.WriteEndArray();
    }

    private string Clean(string text) => _redactor?.Clean(text) ?? text;
}
