using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>A span and two metrics for each call that goes out, by OpenTelemetry's GenAI conventions; prompts and answers only where that is asked for.</summary>
internal sealed class TelemetryChatClient(IChatClient client, bool recordPrompts = false) : DelegatingChatClient(client)
{
    private readonly ChatClientMetadata? _metadata = client.GetService<ChatClientMetadata>();
    private readonly Redactor? _redactor = client.GetService<Redactor>();

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (!IsHeard)
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        var list = messages as IList<ChatMessage> ?? [.. messages];
        using var activity = Start(list, options);
        var start = Stopwatch.GetTimestamp();
        try
        {
            var response = await base.GetResponseAsync(list, options, cancellationToken).ConfigureAwait(false);
            End(activity, start, options, response, null);
            return response;
        }
        catch (Exception e)
        {
            End(activity, start, options, null, e);
            throw;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!IsHeard)
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
                yield return update;
            yield break;
        }
        var list = messages as IList<ChatMessage> ?? [.. messages];
        var outer = Activity.Current;
        using var activity = Start(list, options);
        var start = Stopwatch.GetTimestamp();
        var updates = new List<ChatResponseUpdate>();
        Exception? failure = null;
        var ended = false;
        var stream = base.GetStreamingResponseAsync(list, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                Activity.Current = activity ?? outer;                              // an iterator's context is its reader's again after each piece
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
                Activity.Current = outer;
                yield return stream.Current;
            }
            ended = true;
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            End(activity, start, options, updates.ToChatResponse(), failure ?? (ended ? null : new OperationCanceledException("The stream was left.")));
            Activity.Current = outer;
        }
    }

    private static bool IsHeard => TeacherTelemetry.Source.HasListeners() || TeacherTelemetry.Duration.Enabled || TeacherTelemetry.Tokens.Enabled;

    private Activity? Start(IList<ChatMessage> messages, ChatOptions? options)
    {
        var model = options?.ModelId ?? _metadata?.DefaultModelId;
        var activity = TeacherTelemetry.Source.StartActivity(string.IsNullOrEmpty(model) ? "chat" : $"chat {model}", ActivityKind.Client);
        if (activity is not { IsAllDataRequested: true })
            return activity;
        foreach (var (name, value) in Common(options))
            activity.SetTag(name, value);
        if (options is not null)
        {
            Set(activity, "gen_ai.request.temperature", options.Temperature);
            Set(activity, "gen_ai.request.top_p", options.TopP);
            Set(activity, "gen_ai.request.top_k", options.TopK);
            Set(activity, "gen_ai.request.max_tokens", options.MaxOutputTokens);
            Set(activity, "gen_ai.request.frequency_penalty", options.FrequencyPenalty);
            Set(activity, "gen_ai.request.presence_penalty", options.PresencePenalty);
            Set(activity, "gen_ai.request.seed", options.Seed);
            Set(activity, "gen_ai.request.stop_sequences", options.StopSequences is { Count: > 0 } stops ? stops.ToArray() : null);
            Set(activity, "gen_ai.output.type", options.ResponseFormat switch { ChatResponseFormatJson => "json", ChatResponseFormatText => "text", _ => null });
        }
        if (recordPrompts)
        {
            Set(activity, "gen_ai.system_instructions", options?.Instructions is { } instructions ? Json([(null, instructions)]) : null);
            activity.SetTag("gen_ai.input.messages", Json(messages.Select(m => ((string?)m.Role.Value, m.Text))));
        }
        return activity;
    }

    private void End(Activity? activity, long start, ChatOptions? options, ChatResponse? response, Exception? failure)
    {
        var tags = new TagList();
        foreach (var (name, value) in Common(options))
            tags.Add(name, value);
        if (response?.ModelId is { } model)
            tags.Add("gen_ai.response.model", model);
        if (failure is not null)
            tags.Add("error.type", Failure.Kind(failure));
        TeacherTelemetry.Duration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, tags);
        Count(response?.Usage?.InputTokenCount, "input", options, response);
        Count(response?.Usage?.OutputTokenCount, "output", options, response);
        if (activity is not { IsAllDataRequested: true })
            return;
        Set(activity, "gen_ai.response.id", response?.ResponseId);
        Set(activity, "gen_ai.response.model", response?.ModelId);
        Set(activity, "gen_ai.response.finish_reasons", response?.FinishReason is { } reason ? new[] { reason.Value } : null);
        Set(activity, "gen_ai.usage.input_tokens", response?.Usage?.InputTokenCount);
        Set(activity, "gen_ai.usage.output_tokens", response?.Usage?.OutputTokenCount);
        if (recordPrompts && response is not null)
            activity.SetTag("gen_ai.output.messages", Json(response.Messages.Select(m => ((string?)m.Role.Value, m.Text))));
        if (failure is null)
            return;
        activity.SetTag("error.type", Failure.Kind(failure));
        activity.SetStatus(ActivityStatusCode.Error, _redactor?.Clean(failure.Message) ?? failure.Message);
    }

    private void Count(long? tokens, string type, ChatOptions? options, ChatResponse? response)
    {
        if (tokens is not { } count || !TeacherTelemetry.Tokens.Enabled)
            return;
        var tags = new TagList { { "gen_ai.token.type", type } };
        foreach (var (name, value) in Common(options))
            tags.Add(name, value);
        if (response?.ModelId is { } model)
            tags.Add("gen_ai.response.model", model);
        TeacherTelemetry.Tokens.Record(count, tags);
    }

    private IEnumerable<(string Name, object? Value)> Common(ChatOptions? options)
    {
        yield return ("gen_ai.operation.name", "chat");
        if (_metadata?.ProviderName is { Length: > 0 } provider)
            yield return ("gen_ai.provider.name", provider);
        if ((options?.ModelId ?? _metadata?.DefaultModelId) is { Length: > 0 } model)
            yield return ("gen_ai.request.model", model);
        if (_metadata?.ProviderUri is { } uri)
        {
            yield return ("server.address", uri.Host);
            yield return ("server.port", uri.Port);
        }
    }

    private static void Set(Activity activity, string name, object? value)
    {
        if (value is not null)
            activity.SetTag(name, value);
    }

    private string Json(IEnumerable<(string? Role, string Text)> messages)
    {
        using var buffer = new MemoryStream();
        using (var w = new Utf8JsonWriter(buffer, DialogueJson.WriterOptions))
        {
            w.WriteStartArray();
            foreach (var (role, text) in messages)
            {
                w.WriteStartObject();
                if (role is not null)
                {
                    w.WriteString("role", role);
                    w.WriteStartArray("parts");
                    w.WriteStartObject();
                }
                w.WriteString("type", "text");
                w.WriteString("content", _redactor?.Clean(text) ?? text);
                if (role is not null)
                {
                    w.WriteEndObject();
                    w.WriteEndArray();
                }
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
