using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Text to tokens, as <c>tokenizer.json</c> says.</summary>
internal sealed class TokenizerEncoder
{
    private readonly TokenizerDefinition definition;
    private readonly AddedTokenFinder asWritten;
    private readonly AddedTokenFinder normalized;

    public TokenizerEncoder(TokenizerDefinition definition)
    {
        this.definition = definition;
        asWritten = new AddedTokenFinder(definition.AddedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        normalized = new AddedTokenFinder(definition.AddedTokens.Where(t => t.Normalized).Select(t => (definition.TextOf(t), t)));
    }

    /// <summary>Adds the tokens of a text.</summary>
    /// <param name="text">The text; a surrogate without its other half counts as U+FFFD.</param>
    /// <param name="ids">Where the ids go.</param>
    /// <param name="offsets">Where the UTF-16 ranges go, if they are wanted.</param>
    /// <param name="continues">Whether the text carries on another, so that it gets no prefix space.</param>
    /// <param name="normalize">Whether to normalise.</param>
    /// <param name="split">Whether to split before byte-pair encoding.</param>
    public void Encode(string text, List<int> ids, List<(int Start, int End)>? offsets, bool continues = false, bool normalize = true, bool split = true)
    {
        var firstToken = ids.Count;
        text = WithoutLoneSurrogates(text);
        var parts = new List<(int Start, int End, AddedToken? Token)>();
        var inner = new List<(int Start, int End, AddedToken? Token)>();
        asWritten.Cut(text, parts);
        var spans = offsets is null ? null : new List<(int Start, int End, int Leading, int Trailing)>();
        foreach (var (start, end, token) in parts)
        {
            if (token is not null)
            {
                Add(token, start, end, text.AsSpan(start, end - start));
                continue;
            }
            var stretch = new NormalizedText(start == 0 && end == text.Length ? text : text[start..end], start);
            if (normalize)
                stretch = Normalize(stretch);
            inner.Clear();
            normalized.Cut(stretch.Text, inner);
            foreach (var part in inner)
            {
                if (part.Token is not null)
                    Add(part.Token, stretch.Start(part.Start), stretch.End(part.End - 1), stretch.Text.AsSpan(part.Start, part.End - part.Start));
                else
                    EncodeStretch(stretch, part.Start, part.End, continues && ids.Count == firstToken, split, ids, spans);
            }
        }
        if (offsets is not null)
            Trim(spans!, offsets);

        // Swallowed blanks count as the token's own, so trimming takes them off again.
        void Add(AddedToken token, int start, int end, ReadOnlySpan<char> found)
        {
            ids.Add(token.Id);
            spans?.Add((start, end, found.Length - found.TrimStart().Length, found.Length - found.TrimEnd().Length));
        }
    }

    private NormalizedText Normalize(NormalizedText text) => definition.Normalizer?.Apply(text) ?? text;

    private void EncodeStretch(NormalizedText text, int start, int end, bool continues, bool split, List<int> ids, List<(int Start, int End, int Leading, int Trailing)>? spans)
    {
        var pieces = new List<(int Start, int End)> { (start, end) };
        var steps = split ? definition.Steps : [];
        var plain = definition.AddPrefixSpace && definition.SplitsAfterPrefix && split ? steps.Count - 1 : steps.Count;
        for (var i = 0; i < plain; i++)
        {
            var finer = new List<(int Start, int End)>();
            foreach (var piece in pieces)
                steps[i].Split(text.Text, piece.Start, piece.End, finer);
            pieces = finer;
        }
        foreach (var (from, to) in pieces)
        {
            if (!definition.AddPrefixSpace || (continues && from == start) || text.Text[from] == ' ')
            {
                if (plain == steps.Count)
                    EncodePiece(text, text.Text, from, to, 0, ids, spans);
                else
                    SplitLast(text, text.Text, from, to, 0, ids, spans);
                continue;
            }
            var prefixed = string.Concat(" ", text.Text.AsSpan(from, to - from));
            if (plain == steps.Count)
                EncodePiece(text, prefixed, 0, prefixed.Length, from - 1, ids, spans);
            else
                SplitLast(text, prefixed, 0, prefixed.Length, from - 1, ids, spans);
        }
    }

    private void SplitLast(NormalizedText text, string source, int start, int end, int shift, List<int> ids, List<(int Start, int End, int Leading, int Trailing)>? spans)
    {
        var pieces = new List<(int Start, int End)>();
        definition.Steps[^1].Split(source, start, end, pieces);
        foreach (var piece in pieces)
            EncodePiece(text, source, piece.Start, piece.End, shift, ids, spans);
    }

    // source[i] is text[i + shift]; where the source begins with a prefix space, that space stands for nothing, at the place of what follows.
    private void EncodePiece(
        NormalizedText text, string source, int start, int end, int shift, List<int> ids, List<(int Start, int End, int Leading, int Trailing)>? spans)
    {
        var piece = source.AsSpan(start, end - start);
        var word = definition.Model.Encode(piece);
        ids.AddRange(word.Ids);
        if (spans is null)
            return;
        var prefixed = !ReferenceEquals(source, text.Text) && start == 0;
        var units = UnitsOfBytes(piece);
        for (var i = 0; i < word.Ids.Length; i++)
        {
            var (firstByte, lastByte) = (word.Bounds[2 * i], word.Bounds[2 * i + 1] - 1);
            var (first, last) = (start + units[firstByte].First + shift, start + units[lastByte].Last + shift);
            var from = prefixed && firstByte == 0 ? text.Start(shift + 1) : text.Start(first);
            var to = prefixed && lastByte == 0 ? from : text.End(last);
            spans.Add((from, to, Spaces(piece, firstByte, lastByte, 1), Spaces(piece, firstByte, lastByte, -1)));
        }

        int Spaces(ReadOnlySpan<char> characters, int firstByte, int lastByte, int direction)
        {
            var count = 0;
            for (var at = direction > 0 ? firstByte : lastByte; at >= firstByte && at <= lastByte && characters[units[at].First] == ' '; at += direction)
                count++;
            return count;
        }
    }

    // For each UTF-8 byte of a piece, the first and the last UTF-16 unit of its character.
    private static (int First, int Last)[] UnitsOfBytes(ReadOnlySpan<char> piece)
    {
        var units = new (int First, int Last)[Encoding.UTF8.GetByteCount(piece)];
        var at = 0;
        for (var i = 0; i < piece.Length;)
        {
            var codePoint = CharClasses.At(piece, i);
            var length = CharClasses.Length(codePoint);
            for (var bytes = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4; bytes > 0; bytes--)
                units[at++] = (i, i + length - 1);
            i += length;
        }
        return units;
    }

    // Leading blanks are cut off, but for a single one at the very start where it may be the prefix space; then trailing ones.
    private void Trim(List<(int Start, int End, int Leading, int Trailing)> spans, List<(int Start, int End)> offsets)
    {
        for (var i = 0; i < spans.Count; i++)
        {
            var (start, end, leading, trailing) = spans[i];
            if (definition.TrimOffsets)
            {
                if (definition.TrimSparesPrefix && (i == 0 || start == 0) && leading == 1)
                    leading = 0;
                start = Math.Min(start + leading, end);
                if (trailing > 0 && end >= trailing)
                    end = Math.Max(end - trailing, start);
            }
            offsets.Add((start, end));
        }
    }

    private static string WithoutLoneSurrogates(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])))
                return string.Create(text.Length, text, Replace);
            if (char.IsHighSurrogate(text[i]))
                i++;
        }
        return text;

        static void Replace(Span<char> result, string source)
        {
            for (var i = 0; i < source.Length; i++)
            {
                result[i] = char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
                if (char.IsHighSurrogate(source[i]) && i + 1 < source.Length && char.IsLowSurrogate(source[i + 1]))
                {
                    (result[i], result[i + 1]) = (source[i], source[i + 1]);
                    i++;
                }
            }
        }
    }
}
