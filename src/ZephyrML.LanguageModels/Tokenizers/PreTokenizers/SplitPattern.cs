namespace ZephyrML.LanguageModels;

/// <summary>A split pattern: alternatives tried in order at each place. Built of <see cref="SplitRules"/>, so that it cannot run away on any text.</summary>
internal sealed class SplitPattern : TextPattern
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

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (var at = 0; at < text.Length;)
        {
            var matched = Match(text, at);
            if (matched > at)
                matches.Add((at, matched));
            at = matched > at ? matched : at + CharClasses.Length(CharClasses.At(text, at));
        }
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
