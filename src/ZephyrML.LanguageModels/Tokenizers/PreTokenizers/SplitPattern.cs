namespace ZephyrML.LanguageModels;

/// <summary>
/// A split pattern: alternatives tried in order at each place. Built of <see cref="SplitRules"/> where they are known, else of <see cref="SafeRegex"/>, so that it cannot run
/// away on any text: what takes too long is an error.
/// </summary>
internal sealed class SplitPattern : TextPattern
{
    /// <summary>The pattern of GPT-2, which the ByteLevel pre-tokenizer uses.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const int CharactersASecond = 100_000;
    private readonly string pattern;
    private readonly SplitRules.Rule[] rules;
    private readonly bool general;

    private SplitPattern(string pattern, SplitRules.Rule[] rules, bool general) => (this.pattern, this.rules, this.general) = (pattern, rules, general);

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">A regular expression as <c>tokenizer.json</c> has it.</param>
    /// <exception cref="NotSupportedException">An alternative is not one of those that are known; the message names it.</exception>
    public static SplitPattern Parse(string pattern)
    {
        var general = false;
        var rules = new List<SplitRules.Rule>();
        foreach (var alternative in Alternatives(pattern))
        {
            var known = SplitRules.Find(alternative);
            general |= known is null;
            rules.Add(known ?? SafeRegex.Find(alternative) ?? throw new NotSupportedException(
                $"The split pattern {pattern} has the alternative {alternative}, which is not supported; supported are the patterns of GPT-2, Llama 3, Qwen2 and cl100k, and expressions without anchors, references and looking around."));
        }
        return new SplitPattern(pattern, [.. rules], general);
    }

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (!general)
        {
            Find(text, matches, null);
            return;
        }
        var first = matches.Count;
        try
        {
            var mapped = SafeRegex.OneUnitEach(text);
            Find(mapped is { } known ? known.Units : text, matches, System.Diagnostics.Stopwatch.StartNew());
            for (var i = first; mapped is not null && i < matches.Count; i++)
                matches[i] = (mapped.Value.Starts[matches[i].Start], mapped.Value.Starts[matches[i].End]);
        }
        catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw TooSlow(text.Length);
        }
    }

    private void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches, System.Diagnostics.Stopwatch? clock)
    {
        for (var (at, tries) = (0, 0); at < text.Length; tries++)
        {
            if (clock is not null && tries % 256 == 255 && clock.Elapsed.TotalSeconds > 1 + text.Length / CharactersASecond)
                throw TooSlow(text.Length);
            var matched = Match(text, at);
            if (matched > at)
                matches.Add((at, matched));
            at = matched > at ? matched : at + CharClasses.Length(CharClasses.At(text, at));
        }
    }

    private InvalidDataException TooSlow(int length) => new($"The split pattern {pattern} takes too long on a text of {length} characters.");

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
