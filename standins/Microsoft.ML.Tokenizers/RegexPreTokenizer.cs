using System.Text.RegularExpressions;

namespace Microsoft.ML.Tokenizers;

/// <summary>The pieces are a pattern's matches; special tokens are pieces of their own. What matches nothing is in no piece.</summary>
public sealed class RegexPreTokenizer : PreTokenizer
{
    private readonly Regex pattern;
    private readonly Regex? special;

    public RegexPreTokenizer(Regex regex, IReadOnlyDictionary<string, int>? specialTokens)
    {
        ArgumentNullException.ThrowIfNull(regex);
        pattern = regex;
        if (specialTokens is { Count: > 0 })
            special = new Regex(string.Join('|', specialTokens.Keys.Select(Regex.Escape)), RegexOptions.Compiled);
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        if (string.IsNullOrEmpty(text))
            yield break;
        var at = 0;
        while (special is not null && Next(special, text, at, text.Length) is { } token)
        {
            while (Next(pattern, text, at, token.Offset) is { } piece)
            {
                yield return piece;
                at = piece.Offset + piece.Length;
            }
            yield return token;
            at = token.Offset + token.Length;
        }
        while (Next(pattern, text, at, text.Length) is { } piece)
        {
            yield return piece;
            at = piece.Offset + piece.Length;
        }
    }

    // Each match is looked for in the rest alone, as the real class does: what is before it cannot be looked back at.
    private static (int Offset, int Length)? Next(Regex regex, string text, int from, int to)
    {
        foreach (var match in regex.EnumerateMatches(text.AsSpan(from, to - from)))
            return (from + match.Index, match.Length);
        return null;
    }
}
