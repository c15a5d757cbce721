namespace ZephyrML.LanguageModels;

/// <summary>Text to tokens: added tokens are found, the text between them is normalised, cut into pieces and handed to the model.</summary>
internal sealed class TokenizerEncoder
{
    private readonly TokenizerDefinition definition;
    private readonly Func<int, string> textOf;
    private readonly AddedTokenFinder asWritten;
    private readonly AddedTokenFinder normalized;

    /// <param name="definition">The tokenizer.</param>
    /// <param name="textOf">The text of an id, as the vocabulary has it.</param>
    public TokenizerEncoder(TokenizerDefinition definition, Func<int, string> textOf)
    {
        this.definition = definition;
        this.textOf = textOf;
        asWritten = new AddedTokenFinder(definition.AddedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        normalized = new AddedTokenFinder(definition.AddedTokens.Where(t => t.Normalized).Select(t => (definition.TextOf(t), t)));
    }

    /// <summary>Adds the tokens of a text.</summary>
    /// <param name="text">The text; a surrogate without its other half counts as U+FFFD.</param>
    /// <param name="tokens">Where the tokens go.</param>
    /// <param name="place">Whether the text is whole, or follows another.</param>
    /// <param name="normalize">Whether to normalise.</param>
    /// <param name="split">Whether to split before the model.</param>
    public void Encode(string text, TokenList tokens, TextPlace place = TextPlace.Start, bool normalize = true, bool split = true)
    {
        text = WithoutLoneSurrogates(text);
        var parts = new List<(int Start, int End, AddedToken? Token)>();
        var inner = new List<(int Start, int End, AddedToken? Token)>();
        asWritten.Cut(text, parts);
        foreach (var (start, end, token) in parts)
        {
            if (token is not null)
            {
                tokens.Add(token.Id, start, end, tokens.Detailed ? text[start..end] : "");
                continue;
            }
            var stretch = new NormalizedText(start == 0 && end == text.Length ? text : text[start..end], start)
            {
                Tracked = tokens.Detailed || definition.PreTokenizer?.NeedsOrigins == true,
                Continues = place == TextPlace.Within && start == 0,
                LaterInText = place != TextPlace.Start,
            };
            if (normalize && definition.Normalizer is { } normalizer)
                stretch = normalizer.Apply(stretch);
            inner.Clear();
            normalized.Cut(stretch.Text, inner);
            foreach (var part in inner)
            {
                if (part.Token is not null)
                    tokens.Add(part.Token.Id, stretch.Start(part.Start), stretch.End(part.End - 1), tokens.Detailed ? stretch.Text[part.Start..part.End] : "");
                else
                    EncodeStretch(stretch, part.Start, part.End, split, tokens);
            }
        }
    }

    private void EncodeStretch(NormalizedText stretch, int from, int to, bool split, TokenList tokens)
    {
        var cut = new PreTokenizedText(stretch, [(from, to)], split);
        if (definition.PreTokenizer is { } preTokenizer)
            cut = preTokenizer.Apply(cut);
        foreach (var (start, end) in cut.Pieces)
        {
            for (var at = start; at < end;)
            {
                var next = at + definition.Model.NextCut(cut.Text.Text.AsSpan(at, end - at), 0);
                EncodePiece(cut.Text, at, next, tokens);
                at = next;
            }
        }
    }

    private void EncodePiece(NormalizedText text, int start, int end, TokenList tokens)
    {
        var piece = text.Text.AsSpan(start, end - start);
        var found = definition.Model.Encode(piece);
        if (!tokens.Detailed)
        {
            tokens.Ids.AddRange(found.Ids);
            return;
        }
        for (var i = 0; i < found.Ids.Length; i++)
        {
            var (from, to) = (found.Bounds[2 * i], found.Bounds[2 * i + 1]);
            var shown = found.Ids[i] == definition.Model.Unknown && definition.Model.ShowsUnknownText ? piece[from..to].ToString() : textOf(found.Ids[i]);
            tokens.Add(found.Ids[i], text.Start(start + from), text.End(start + to - 1), shown);
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
