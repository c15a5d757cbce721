namespace ZephyrML.LanguageModels;

/// <summary>
/// A regular expression that text is split at or replaced by: made of <see cref="SplitRules"/> where all its alternatives are known, else run by
/// <see cref="ExpressionMatcher"/>. Either way it cannot run away on any text: what takes too long is an error.
/// </summary>
internal sealed class SplitPattern : TextPattern
{
    /// <summary>The pattern of GPT-2, which the ByteLevel pre-tokenizer uses.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const int LongestPattern = 20_000;
    private readonly string pattern;
    private readonly SplitRules.Rule[]? rules;
    private readonly ExpressionInstruction[] program;

    private SplitPattern(string pattern, SplitRules.Rule[]? rules, ExpressionInstruction[] program) => (this.pattern, this.rules, this.program) = (pattern, rules, program);

    /// <summary>Whether it is made of rules, and not run step by step.</summary>
    internal bool IsMadeOfRules => rules is not null;

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">A regular expression as <c>tokenizer.json</c> has it, in Oniguruma's syntax.</param>
    /// <exception cref="NotSupportedException">The expression cannot be read, or asks for what is not supported; the message names it.</exception>
    public static SplitPattern Parse(string pattern)
    {
        if (pattern.Length > LongestPattern)
            throw new NotSupportedException($"A split pattern of {pattern.Length} characters is not supported; supported are up to {LongestPattern}.");
        return SplitRules.FindAll(pattern) is { } rules ? new SplitPattern(pattern, rules, []) : new SplitPattern(pattern, null, ExpressionProgram.Compile(pattern));
    }

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (text.IsEmpty)
            return;
        if (rules is null)
            Run(text, matches);
        else
            Apply(rules, text, matches);
    }

    private static void Apply(SplitRules.Rule[] rules, ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = -1;
            foreach (var rule in rules)
            {
                if ((end = rule(text, at)) >= 0)
                    break;
            }
            if (end > at)
                matches.Add((at, end));
            at = end > at ? end : at + CharClasses.Length(CharClasses.At(text, at));
        }
    }

    // As the library goes through a text: an empty match counts, unless it lies at the end of the one before.
    private void Run(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        var matcher = new ExpressionMatcher(program, text);
        var last = -1;
        for (var at = 0; at <= text.Length;)
        {
            var end = matcher.Match(at);
            if (matcher.TooSlow)
                throw new InvalidDataException($"The split pattern {(pattern.Length > 200 ? pattern[..200] + "..." : pattern)} takes too long on a text of {text.Length} characters.");
            var counts = end > at || (end == at && last != at);
            if (counts)
            {
                matches.Add((at, end));
                last = end;
            }
            at = counts && end > at ? end : at < text.Length ? at + CharClasses.Length(CharClasses.At(text, at)) : at + 1;
        }
    }
}
