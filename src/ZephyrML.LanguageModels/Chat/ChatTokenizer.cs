using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Dialogues as token ids: a template and a tokenizer together. The text is encoded in stretches that end where the assistant begins or stops speaking, so that no token
/// crosses over: a token is supervised or it is not, and what a prompt encodes to is a prefix of what the whole dialogue encodes to, as in generation.
/// The begin-of-sequence token is put in front once where the tokenizer adds one and the template has not written it.
/// </summary>
public static class ChatTokenizer
{
    /// <summary>Encodes a dialogue for dSFT.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="template">The template; its special tokens must be tokens.</param>
    /// <param name="turns">The dialogue, with at least one turn of the assistant.</param>
    /// <returns>Ids, and for each whether the assistant speaks it (end of turn included).</returns>
    /// <exception cref="ArgumentException">The dialogue is empty, has an unknown role, or no turn of the assistant.</exception>
    /// <exception cref="InvalidOperationException">The tokenizer lacks a token that the template needs; the message names it.</exception>
    public static TokenizedChat Encode(LanguageModelTokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatTurn> turns)
    {
        Check(tokenizer, template, turns);
        var chat = template.Render(turns, addGenerationPrompt: false);
        if (chat.AssistantSpans.Count == 0)
            throw new ArgumentException("The dialogue has no turn of the assistant, so there is nothing to learn from it.", nameof(turns));
        var ids = Start(tokenizer, chat.Text);
        var supervised = new List<bool>(Enumerable.Repeat(false, ids.Count));
        var done = 0;
        foreach (var (start, end) in chat.AssistantSpans)
        {
            Add(chat.Text[done..start], false, done == 0);
            Add(chat.Text[start..end], true, start == 0);
            done = end;
        }
        Add(chat.Text[done..], false, done == 0);
        return new TokenizedChat([.. ids], [.. supervised]);

        void Add(string text, bool assistant, bool first)
        {
            tokenizer.Continue(text, ids, first);
            while (supervised.Count < ids.Count)
                supervised.Add(assistant);
        }
    }

    /// <summary>Encodes a dialogue that the assistant is to continue: generation prompt included.</summary>
    /// <inheritdoc cref="Encode"/>
    public static int[] EncodePrompt(LanguageModelTokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatTurn> turns)
    {
        Check(tokenizer, template, turns);
        var chat = template.Render(turns, addGenerationPrompt: true);
        var ids = Start(tokenizer, chat.Text);
        var done = 0;
        // Cut where Encode cuts, so that a dialogue of several turns has the same ids in training and in generation.
        foreach (var (start, end) in chat.AssistantSpans)
        {
            tokenizer.Continue(chat.Text[done..start], ids, done == 0);
            tokenizer.Continue(chat.Text[start..end], ids, start == 0);
            done = end;
        }
        tokenizer.Continue(chat.Text[done..], ids, done == 0);
        return [.. ids];
    }

    /// <summary>Encodes a preference pair for dDPO.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="template">The template; its special tokens must be tokens.</param>
    /// <param name="context">The dialogue before the answers.</param>
    /// <param name="chosen">The preferred answer.</param>
    /// <param name="rejected">The other answer.</param>
    /// <returns>Ids of the prompt and of both completions; each completion ends with the end-of-turn token.</returns>
    /// <inheritdoc cref="Encode"/>
    public static TokenizedPair EncodePair(LanguageModelTokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatTurn> context, string chosen, string rejected)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        ArgumentNullException.ThrowIfNull(rejected);
        var prompt = EncodePrompt(tokenizer, template, context);
        return new TokenizedPair(prompt, Completion(chosen), Completion(rejected));

        int[] Completion(string answer)
        {
            var ids = new List<int>(prompt);
            tokenizer.Continue(template.Completion(context, answer), ids);
            return [.. ids.Skip(prompt.Length)];
        }
    }

    /// <summary>
    /// Encodes messages as transformers' <c>apply_chat_template(..., tokenize=True, return_assistant_tokens_mask=True)</c> does: the text as a whole, no token but what the
    /// template writes. (<see cref="Encode"/> cuts where the assistant begins and ends instead, and puts the begin-of-sequence token in front where it is missing.)
    /// </summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="template">The template.</param>
    /// <param name="messages">An array of objects with <c>role</c>, <c>content</c> and whatever else the template reads.</param>
    /// <param name="arguments">Tools, documents and the like; null for none.</param>
    /// <returns>Ids, and for each whether it is marked by <c>{% generation %}</c>.</returns>
    /// <exception cref="ChatTemplateException">The template refuses the messages or fails on them.</exception>
    public static TokenizedChat EncodeMessages(LanguageModelTokenizer tokenizer, ChatTemplate template, JsonNode messages, ChatTemplateArguments? arguments = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(template);
        var chat = template.Render(messages, arguments);
        var tokens = tokenizer.EncodeWithOffsets(chat.Text);
        var mask = new bool[tokens.Ids.Length];
        foreach (var (start, end) in chat.AssistantSpans)
        {
            var first = TokenAt(start);
            if (first < 0)
                break;
            // As in transformers: where there is no last token, or it is the very first of all, everything that follows is marked.
            var last = TokenAt(end - 1);
            for (var i = first; i < (last > 0 ? last + 1 : mask.Length); i++)
                mask[i] = true;
        }
        return new TokenizedChat(tokens.Ids, mask);

        int TokenAt(int place) => Array.FindIndex(tokens.Offsets, o => o.Start <= place && place < o.End);
    }

    /// <summary>Makes sure that a tokenizer holds each special token of a template as one token.</summary>
    /// <exception cref="InvalidOperationException">It lacks one; the message names it.</exception>
    public static void RequireTokens(LanguageModelTokenizer tokenizer, ChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(template);
        foreach (var token in template.SpecialTokens)
        {
            // Being in the vocabulary is not enough: text must encode to it.
            if (tokenizer.TokenToId(token) is not { } id || tokenizer.Encode(token) is not [var only] || only != id)
            {
                var what = token == template.EndOfTurn ? "end-of-turn token" : "special token";
                throw new InvalidOperationException(
                    $"The chat template '{template.Name}' needs '{token}', its {what}, as one token of the tokenizer, which it is not. Choose the template that the model was made for, or add the token.");
            }
        }
    }

    private static void Check(LanguageModelTokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        RequireTokens(tokenizer, template);
        if (turns.Count == 0)
            throw new ArgumentException("The dialogue has no turns.", nameof(turns));
        for (var i = 0; i < turns.Count; i++)
        {
            if (turns[i].Role is not ("system" or "user" or "assistant"))
                throw new ArgumentException($"Turn {i + 1} of the dialogue has the role '{turns[i].Role}'; expected system, user or assistant.", nameof(turns));
            if (turns[i].Content is null)
                throw new ArgumentException($"Turn {i + 1} of the dialogue ({turns[i].Role}) has no content.", nameof(turns));
        }
    }

    private static List<int> Start(LanguageModelTokenizer tokenizer, string text)
    {
        var bos = tokenizer.BosTokenId;
        var written = bos is { } id && text.StartsWith(tokenizer.IdToToken(id)!, StringComparison.Ordinal);
        return [.. tokenizer.Before.ToArray().Where(before => before != bos || !written)];
    }
}
