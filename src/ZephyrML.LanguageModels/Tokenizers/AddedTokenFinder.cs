using System.Buffers;

namespace ZephyrML.LanguageModels;

/// <summary>Finds added tokens in a text: leftmost first, the longest of those that begin at one place.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Node root = new();
    private readonly SearchValues<char> firstCharacters;

    /// <param name="tokens">The tokens, each with the text that it is to be found by.</param>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        foreach (var (text, token) in tokens)
        {
            if (text.Length == 0)
                continue;
            var node = root;
            foreach (var character in text)
            {
                if (!node.Next.TryGetValue(character, out var next))
                    node.Next[character] = next = new Node();
                node = next;
            }
            node.Token ??= token;
        }
        firstCharacters = SearchValues.Create([.. root.Next.Keys]);
    }

    /// <summary>Cuts a text into added tokens and what lies between them (Token null). Only the latter is never empty; a token may reach into blanks that another swallowed.</summary>
    public void Cut(string text, List<(int Start, int End, AddedToken? Token)> parts)
    {
        var done = 0;
        for (var at = 0; root.Next.Count > 0 && at < text.Length;)
        {
            var step = text.AsSpan(at).IndexOfAny(firstCharacters);
            if (step < 0)
                break;
            at += step;
            var (token, end) = Longest(text, at);
            if (token is null)
            {
                at++;
                continue;
            }
            var start = at;
            at = end;
            if (token.SingleWord && (WordBefore(text, start) || WordAfter(text, end)))
                continue;
            if (token.LeftStrip)
            {
                while (start > done && CharClasses.IsSpace(text[start - 1]))
                    start--;
                start = Math.Max(start, done);
            }
            if (token.RightStrip)
            {
                while (end < text.Length && CharClasses.IsSpace(text[end]))
                    end++;
            }
            if (done < start)
                parts.Add((done, start, null));
            parts.Add((start, end, token));
            done = end;
        }
        if (done < text.Length)
            parts.Add((done, text.Length, null));
    }

    private (AddedToken? Token, int End) Longest(string text, int at)
    {
        var node = root;
        AddedToken? found = null;
        var end = at;
        for (var i = at; i < text.Length && node.Next.TryGetValue(text[i], out var next); i++)
        {
            node = next;
            if (node.Token is not null)
                (found, end) = (node.Token, i + 1);
        }
        return (found, end);
    }

    private static bool WordBefore(string text, int at)
    {
        if (at == 0)
            return false;
        var start = at > 1 && char.IsLowSurrogate(text[at - 1]) && char.IsHighSurrogate(text[at - 2]) ? at - 2 : at - 1;
        return CharClasses.IsWord(CharClasses.At(text, start));
    }

    private static bool WordAfter(string text, int at) => at < text.Length && CharClasses.IsWord(CharClasses.At(text, at));

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }
    }
}
