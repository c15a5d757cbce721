using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Students;
using ZephyrML.Transforms.Students.Chat;

namespace ZephyrML;

/// <summary>
/// A student as a chat client, and so as a teacher, a candidate or a judge. Calls that come at the same time are answered in one batch, and with rows of data that the same weights
/// answer; a reply depends on its own messages and options only. Safe to use from several threads. Made by <c>model.AsChatClient()</c>.
/// </summary>
/// <remarks>
/// Of <see cref="ChatOptions"/> it honours Temperature, TopP, TopK, MaxOutputTokens, StopSequences, Seed, FrequencyPenalty, PresencePenalty, Instructions, and by transformers' names in
/// AdditionalProperties min_p, typical_p, epsilon_cutoff, eta_cutoff, repetition_penalty, no_repeat_ngram_size, min_new_tokens and min_tokens_to_keep; what it does not honour it refuses by name.
/// Sampling without Seed: asked the same once more, it draws another reply, and the same ones in each run.
/// It holds the weights on its own account, as each call does while it runs, so the model that it was made from, and it itself, may be disposed at any time.
/// </remarks>
public sealed class StudentChatClient : IChatClient
{
    private readonly Student _student;
    private readonly StudentChatOptions _options;
    private readonly GenerationOptions _defaults;
    private readonly string? _systemPrompt;
    private readonly AskedBefore _asked = new();
    private readonly IDisposable _hold;
    private readonly Lazy<ChatClientMetadata> _metadata;
    private volatile bool _disposed;

    internal StudentChatClient(Student student, StudentChatOptions? options)
    {
        _student = student;
        _options = (options ?? new()).Copy();
        _defaults = _options.Generation ?? student.Settings.Options(0);
        _defaults.BatchSize = _options.MaxBatchSize;
        _systemPrompt = _options.SystemPrompt ?? student.Settings.SystemPrompt;
        _hold = student.Weights.Hold();
        _metadata = new(() => new("zephyrml", null, _options.Name ?? $"student-{_student.Weights.Key[..12]}"));
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var call = Begin(messages, options);
        var text = await call.Service.GenerateAsync(call.Prompt, call.Generation, cancellationToken).ConfigureAwait(false);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, text.Text) { MessageId = call.Id })
        {
            ResponseId = call.Id,
            ModelId = call.Model,
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = Reason(text),
            Usage = Usage(call, text),
            RawRepresentation = text,
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var call = Begin(messages, options);
        await foreach (var piece in call.Service.StreamAsync(call.Prompt, call.Generation, cancellationToken).ConfigureAwait(false))
        {
            IList<AIContent> contents = piece.Whole is { } whole ? [new UsageContent(Usage(call, whole))] : [new TextContent(piece.Text)];
            yield return new ChatResponseUpdate(ChatRole.Assistant, contents)
            {
                ResponseId = call.Id,
                MessageId = call.Id,
                ModelId = call.Model,
                CreatedAt = DateTimeOffset.UtcNow,
                FinishReason = piece.Whole is { } all ? Reason(all) : null,
                RawRepresentation = piece,
            };
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(ChatClientMetadata))
            return _metadata.Value;
        if (serviceType == typeof(StudentInfo))
            return _student.Info;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Lets go of the weights. Calls that are under way end as they would have.</summary>
    public void Dispose()
    {
        _disposed = true;
        _hold.Dispose();
    }

    private Call Begin(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var hold = _student.Weights.Hold();
        try
        {
            string model = _metadata.Value.DefaultModelId!;
            var prompt = _student.Weights.Encode(ChatRequest.Turns(messages, options, _systemPrompt));
            var generation = ChatRequest.Generation(options, _defaults, model);
            // With a seed, equal calls are equal; without, each one draws anew. Samples by number are rows of their own either way.
            generation.FirstRow = options.GetSample() is > 0 and var sample ? sample : options?.Seed is null && generation.Temperature > 0 ? _asked.Count(prompt) : 0;
            return new Call(hold, _student.Weights.Service, prompt, generation, model, Guid.NewGuid().ToString("N"));
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    private static ChatFinishReason Reason(GeneratedText text) => text.Reason == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;

    private static UsageDetails Usage(Call call, GeneratedText text)
    {
        // The token that ended it was generated too.
        long output = text.Ids.Length + (text.StoppedByToken ? 1 : 0);
        return new UsageDetails { InputTokenCount = call.Prompt.Length, OutputTokenCount = output, TotalTokenCount = call.Prompt.Length + output };
    }

    private sealed record Call(IDisposable Hold, GenerationService Service, int[] Prompt, GenerationOptions Generation, string Model, string Id) : IDisposable
    {
        public void Dispose() => Hold.Dispose();
    }
}
