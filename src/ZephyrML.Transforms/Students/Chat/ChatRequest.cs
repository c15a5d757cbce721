using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Students.Chat;

/// <summary>What a call asks of a student: each option is honoured, or refused by its name.</summary>
internal static class ChatRequest
{
    /// <summary>The conversation as turns; instructions and a missing system turn are put in front.</summary>
    public static List<ChatTurn> Turns(IEnumerable<ChatMessage> messages, ChatOptions? options, string? systemPrompt)
    {
        var turns = messages.Select((message, i) => new ChatTurn(Role(message, i), Text(message, i))).ToList();
        if (turns.Count == 0 || turns[^1].Role != "user")
            throw new ArgumentException(turns.Count == 0 ? "There are no messages." : $"The last message is of the {turns[^1].Role}; a student answers a user's message.", nameof(messages));
        if (options?.Instructions is { Length: > 0 } instructions)
        {
            // Templates know one system turn, at the start.
            var own = turns[0].Role == "system" ? "\n\n" + turns[0].Content : "";
            if (own.Length > 0)
                turns.RemoveAt(0);
            turns.Insert(0, new ChatTurn("system", instructions + own));
        }
        else if (!string.IsNullOrEmpty(systemPrompt) && turns.All(turn => turn.Role != "system"))
            turns.Insert(0, new ChatTurn("system", systemPrompt));
        return turns;
    }

    /// <summary>How the reply is generated: the call's options over the defaults.</summary>
    /// <exception cref="NotSupportedException">An option that is not honoured is set; the message names all such.</exception>
    public static GenerationOptions Generation(ChatOptions? options, GenerationOptions defaults, string model)
    {
        var generation = defaults.Copy();
        if (options is null)
            return generation;
        if (Refused(options, model).ToList() is { Count: > 0 } refused)
            throw new NotSupportedException($"A student does not honour {string.Join("; ", refused)}.");
        generation.Temperature = (double?)(decimal?)options.Temperature ?? generation.Temperature;       // 0.7, where the double of a float reads 0.699999988079071
        generation.TopP = (double?)(decimal?)options.TopP ?? generation.TopP;
        generation.TopK = options.TopK ?? generation.TopK;
        generation.MaxNewTokens = options.MaxOutputTokens ?? generation.MaxNewTokens;
        generation.MinNewTokens = Math.Min(generation.MinNewTokens, generation.MaxNewTokens);
        generation.FrequencyPenalty = (double?)(decimal?)options.FrequencyPenalty ?? generation.FrequencyPenalty;
        generation.PresencePenalty = (double?)(decimal?)options.PresencePenalty ?? generation.PresencePenalty;
        generation.StopStrings = options.StopSequences is { } stops ? [.. stops] : generation.StopStrings;
        generation.Seed = options.Seed ?? generation.Seed;
        foreach (var (name, value) in options.AdditionalProperties ?? [])
            Set(generation, name, value);
        generation.Validate();
        return generation;
    }

    private static IEnumerable<string> Refused(ChatOptions options, string model)
    {
        if (options.Tools is { Count: > 0 })
            yield return "ChatOptions.Tools: it calls none";
        if (options.ToolMode is RequiredChatToolMode)
            yield return "ChatOptions.ToolMode: it calls no tools";
        if (options.ResponseFormat is not (null or ChatResponseFormatText))
            yield return "ChatOptions.ResponseFormat: it writes free text only";
        if (options.Reasoning is not null)
            yield return "ChatOptions.Reasoning: it does not reason apart from its answer";
        if (options.ConversationId is not null)
            yield return "ChatOptions.ConversationId: it keeps no conversations; send all messages";
        if (options.ContinuationToken is not null || options.AllowBackgroundResponses == true)
            yield return "ChatOptions.ContinuationToken and AllowBackgroundResponses: it has no background responses";
        if (options.ModelId is { } asked && asked != model)
            yield return $"ChatOptions.ModelId '{asked}': it is '{model}'";
        foreach (var name in options.AdditionalProperties?.Keys ?? Enumerable.Empty<string>())
        {
            if (!name.StartsWith("zephyr.", StringComparison.Ordinal) && !Setters.ContainsKey(name))
                yield return $"ChatOptions.AdditionalProperties[\"{name}\"]: it knows {string.Join(", ", Setters.Keys)}";
        }
    }

    // What ChatOptions has no property for, by transformers' names.
    private static readonly Dictionary<string, Action<GenerationOptions, double>> Setters = new()
    {
        ["min_p"] = (o, x) => o.MinP = x,
        ["typical_p"] = (o, x) => o.TypicalP = x,
        ["epsilon_cutoff"] = (o, x) => o.EpsilonCutoff = x,
        ["eta_cutoff"] = (o, x) => o.EtaCutoff = x,
        ["repetition_penalty"] = (o, x) => o.RepetitionPenalty = x,
        ["no_repeat_ngram_size"] = (o, x) => o.NoRepeatNgramSize = (int)x,
        ["min_new_tokens"] = (o, x) => o.MinNewTokens = (int)x,
        ["min_tokens_to_keep"] = (o, x) => o.MinTokensToKeep = (int)x,
    };

    private static void Set(GenerationOptions options, string name, object? value)
    {
        if (!Setters.TryGetValue(name, out var set) || value is null)
            return;
        try
        {
            set(options, value is JsonElement json ? json.GetDouble() : Convert.ToDouble(value, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or InvalidOperationException or OverflowException)
        {
            throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{name}\"] is '{value}', expected a number.", e);
        }
    }

    private static string Role(ChatMessage message, int i) => message.Role.Value is "system" or "user" or "assistant"
        ? message.Role.Value
        : throw new NotSupportedException($"Message {i + 1} has the role '{message.Role}'; a student knows system, user and assistant.");

    private static string Text(ChatMessage message, int i)
    {
        if (message.Contents.FirstOrDefault(c => c is not (TextContent or TextReasoningContent or UsageContent)) is { } other)
            throw new NotSupportedException($"Message {i + 1} holds a {other.GetType().Name}; a student reads text only.");
        return string.Concat(message.Contents.OfType<TextContent>().Select(c => c.Text));
    }
}
