namespace ZephyrML.LanguageModels;

/// <summary>A split pattern: alternatives tried in order at each place. Built of <see cref="SplitRules"/>, so that it cannot run away on any text.</summary>
internal sealed class SplitPattern
{
    /// <summary>The pattern of GPT-2, which the ByteLevel pre-tokenizer uses.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly SplitRules.Rule[] rules;

    private SplitPattern(SplitRules.Rule[] rules) => this.rules = rules;

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">A regular expression as <c>tokenizer.json</c> has it.</param>
    /// <exception cref="NotSupportedException">An alternative is not one of those that are known; the message names it.</exception>
    public static SplitPattern Parse(string pattern)
    {
        var rules = Alternatives(pattern).Select(alternative => SplitRules.Find(alternative) ?? throw new NotSupportedException(
            $"The split pattern {pattern} has the alternative {alternative}, which is not supported; supported are the patterns of GPT-2, Llama 3, Qwen2 and cl100k."));
        return new SplitPattern([.. rules]);
    }

    /// <summary>Adds the pieces of a stretch of text.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">Where the stretch starts; the pattern sees nothing before it and nothing behind <paramref name="end"/>.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="matchesOnly">Whether text that matches nothing is dropped, rather than a piece of its own.</param>
    /// <param name="pieces">Where the pieces go.</param>
    public void Split(string text, int start, int end, bool matchesOnly, List<(int Start, int End)> pieces)
    {
        var stretch = text.AsSpan(start, end - start);
        var unmatched = 0;
        for (var at = 0; at < stretch.Length;)
        {
            var matched = Match(stretch, at);
            if (matched < 0)
            {
                at += CharClasses.Length(CharClasses.At(stretch, at));
                continue;
            }
            if (unmatched < at && !matchesOnly)
                pieces.Add((start + unmatched, start + at));
            pieces.Add((start + at, start + matched));
            at = unmatched = matched;
        }
        if (unmatched < stretch.Length && !matchesOnly)
            pieces.Add((start + unmatched, end));
    }

    private int Match(ReadOnlySpan<char> text, int at)
    {
        foreach (var rule in rules)
        {
            var end = rule(text, at);
            if (end >= 0)
                return end;
        }
        return -1;
    }

    // Cuts at the bars outside of brackets.
    private static IEnumerable<string> Alternatives(string pattern)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    break;
                case '(' or '[':
                    depth++;
                    break;
                case ')' or ']':
                    depth--;
                    break;
                case '|' when depth == 0:
                    yield return pattern[start..i];
                    start = i + 1;
                    break;
            }
        }
        yield return pattern[start..];
    }
}
