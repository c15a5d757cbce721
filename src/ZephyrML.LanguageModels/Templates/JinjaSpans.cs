using ZephyrML.LanguageModels.Jinja;

namespace ZephyrML.LanguageModels;

/// <summary>Finds where the assistant speaks in what a template of unknown shape renders.</summary>
internal static class JinjaSpans
{
    // Stands for an answer; no template changes letters.
    private const string Stand = "zephyrqanswerqstand";

    public static RenderedChat Render(JinjaChatTemplate template, IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        var rendering = template.RenderTurns(turns, addGenerationPrompt);
        if (template.MarksGeneration && !rendering.SpansAstray)
            return new RenderedChat(rendering.Text, [.. InUtf16(rendering.Text, rendering.Spans).Where(s => s.End > s.Start)]);
        try
        {
            return new RenderedChat(rendering.Text, [.. ByDifference(template, turns, rendering.Text, addGenerationPrompt)]);
        }
        catch (ChatTemplateException) when (addGenerationPrompt)
        {
            // A prompt can be generated from without knowing who said what in it.
            return new RenderedChat(rendering.Text, []);
        }
    }

    public static List<(int Start, int End)> InUtf16(string text, IReadOnlyList<(int Start, int End)> spans)
        => [.. spans.Select(s => (CodePoints.ToUtf16(text, s.Start), CodePoints.ToUtf16(text, s.End)))];

    /// <summary>What is generated behind the prompt of a context, if the answer is this one.</summary>
    public static string Completion(JinjaChatTemplate template, IReadOnlyList<ChatTurn> context, string answer)
    {
        ChatTurn[] turns = [.. context, new ChatTurn("assistant", answer)];
        var text = template.RenderTurns(turns, false).Text;
        var (start, end) = Span(template, turns, turns.Length - 1, text, false);
        return text[start..end];
    }

    /// <summary>The token behind an answer; null where a trial does not show any and there is no eos token.</summary>
    public static string? EndOfTurn(JinjaChatTemplate template, string? eos, IEnumerable<string>? tokens)
    {
        try
        {
            var text = template.RenderTurns([new("user", "hello"), new("assistant", Stand)], false, JinjaLimits.Trial).Text;
            var behind = text[(text.LastIndexOf(Stand, StringComparison.Ordinal) is var at && at < 0 ? text.Length : at + Stand.Length)..].TrimStart();
            var known = tokens ?? (eos is null ? [] : [eos]);
            if (known.Where(t => t.Length > 0 && behind.StartsWith(t, StringComparison.Ordinal)).MaxBy(t => t.Length) is { } token)
                return token;
            // Without a tokenizer: what looks like a special token.
            if (tokens is null && behind.StartsWith('<') && behind.IndexOf('>') is > 1 and < 40 and var close)
                return behind[..(close + 1)];
        }
        catch (ChatTemplateException)
        {
            // It does not take such a dialogue; what it does take will show.
        }
        return eos;
    }

    private static IEnumerable<(int Start, int End)> ByDifference(JinjaChatTemplate template, IReadOnlyList<ChatTurn> turns, string text, bool addGenerationPrompt)
    {
        for (var i = 0; i < turns.Count; i++)
        {
            if (turns[i].Role == "assistant" && Span(template, turns, i, text, addGenerationPrompt) is var span && span.End > span.Start)
                yield return span;
        }
    }

    private static (int Start, int End) Span(JinjaChatTemplate template, IReadOnlyList<ChatTurn> turns, int turn, string text, bool addGenerationPrompt)
    {
        var before = template.RenderTurns(turns.Take(turn), true).Text;
        if (!text.StartsWith(before, StringComparison.Ordinal))
        {
            throw template.Refusal($"what it writes before turn {turn + 1} changes once that turn is there, so it cannot be told where the assistant speaks. "
                + "Use a variant with {% generation %} marks, or another template by name.");
        }
        var other = template.RenderTurns(turns.Select((t, i) => i == turn ? t with { Content = Stand } : t), addGenerationPrompt).Text;
        var at = other.LastIndexOf(Stand, StringComparison.Ordinal);
        var behind = at < 0 ? "" : other[(at + Stand.Length)..];
        var end = text.Length - behind.Length;
        if (at < 0 || end < before.Length || !text.EndsWith(behind, StringComparison.Ordinal))
            throw template.Refusal($"the words of turn {turn + 1} (assistant) cannot be found in what it writes.");
        var blank = behind.Length - behind.AsSpan().TrimStart().Length;
        var closes = template.EndOfTurn.Length > 0 && string.CompareOrdinal(behind, blank, template.EndOfTurn, 0, template.EndOfTurn.Length) == 0;
        return (before.Length, closes ? end + blank + template.EndOfTurn.Length : end);
    }
}
