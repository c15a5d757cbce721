namespace ZephyrML.LanguageModels;

/// <summary>A stretch of text after normalisation, whose every UTF-16 unit knows which range of the original it stands for.</summary>
internal sealed class NormalizedText
{
    private readonly int[]? starts;
    private readonly int[]? ends;

    /// <summary>A text that stands in the original as it is, from <paramref name="offset"/> on.</summary>
    public NormalizedText(string text, int offset)
    {
        Text = text;
        Offset = offset;
    }

    private NormalizedText(string text, NormalizedText of, int[]? starts, int[]? ends)
    {
        Text = text;
        Offset = of.Offset;
        Tracked = of.Tracked;
        Continues = of.Continues;
        LaterInText = of.LaterInText;
        this.starts = starts;
        this.ends = ends;
    }

    /// <summary>The text itself.</summary>
    public string Text { get; }

    /// <summary>Where the stretch begins in the original.</summary>
    public int Offset { get; }

    /// <summary>Whether origins are kept through rewriting; without, only the text is.</summary>
    public bool Tracked { get; init; } = true;

    /// <summary>Whether the stretch carries on another one, so that nothing is put in front of it.</summary>
    public bool Continues { get; init; }

    /// <summary>Whether the original is itself the later part of a text.</summary>
    public bool LaterInText { get; init; }

    /// <summary>Where the original of a unit starts.</summary>
    public int Start(int unit) => starts is null ? Offset + unit : starts[unit];

    /// <summary>Where the original of a unit ends.</summary>
    public int End(int unit) => ends is null ? Offset + unit + 1 : ends[unit];

    /// <summary>Whether a unit comes from the very start of the text.</summary>
    public bool IsTextStart(int unit) => !LaterInText && Start(unit) == 0;

    /// <summary>This text rewritten.</summary>
    /// <param name="text">The new text.</param>
    /// <param name="origins">For each of its units the unit of this text that it stands for, or -1 for none; empty where origins are not tracked.</param>
    public NormalizedText Rewritten(string text, ReadOnlySpan<int> origins)
    {
        if (!Tracked)
            return new NormalizedText(text, this, null, null);
        var newStarts = new int[text.Length];
        var newEnds = new int[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            if (origins[i] < 0)
            {
                newStarts[i] = newEnds[i] = Offset;
                continue;
            }
            // A surrogate pair is one character: both halves have the range of the whole.
            var (first, last) = Character(origins[i]);
            newStarts[i] = Start(first);
            newEnds[i] = End(last);
        }
        return new NormalizedText(text, this, newStarts, newEnds);
    }

    /// <summary>
    /// This text rewritten character by character, as the tokenizers library describes it: a change of 0 replaces the next character, of -n that one and n more,
    /// and 1 puts a character in that stands for what the one before it stands for.
    /// </summary>
    public NormalizedText Transformed(List<(int CodePoint, int Change)> characters)
    {
        var rewriter = new TextRewriter(this);
        var at = 0;
        foreach (var (codePoint, change) in characters)
        {
            rewriter.Append(codePoint, change > 0 ? at - 1 : Math.Min(at, Text.Length - 1));
            for (var taken = change; taken <= 0 && at < Text.Length; taken++)
                at += CharClasses.Length(CharClasses.At(Text, at));
        }
        return rewriter.Finish();
    }

    private (int First, int Last) Character(int index)
    {
        if (char.IsHighSurrogate(Text[index]) && index + 1 < Text.Length && char.IsLowSurrogate(Text[index + 1]))
            return (index, index + 1);
        return char.IsLowSurrogate(Text[index]) && index > 0 && char.IsHighSurrogate(Text[index - 1]) ? (index - 1, index) : (index, index);
    }
}
