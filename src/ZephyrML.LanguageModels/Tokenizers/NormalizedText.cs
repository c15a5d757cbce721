namespace ZephyrML.LanguageModels;

/// <summary>A text after normalisation, whose every UTF-16 unit knows which range of the original it stands for.</summary>
internal sealed class NormalizedText
{
    private readonly int offset;
    private readonly int[]? starts;
    private readonly int[]? ends;

    /// <summary>A text that stands in the original as it is, from <paramref name="offset"/> on.</summary>
    public NormalizedText(string text, int offset)
    {
        Text = text;
        this.offset = offset;
    }

    private NormalizedText(string text, int offset, int[] starts, int[] ends)
        : this(text, offset)
    {
        this.starts = starts;
        this.ends = ends;
    }

    /// <summary>The text itself.</summary>
    public string Text { get; }

    /// <summary>Where the original of a unit starts.</summary>
    public int Start(int unit) => starts is null ? offset + unit : starts[unit];

    /// <summary>Where the original of a unit ends.</summary>
    public int End(int unit) => ends is null ? offset + unit + 1 : ends[unit];

    /// <summary>This text rewritten: units come one after the other with the unit of this text that each stands for.</summary>
    public NormalizedText Rewrite(string text, ReadOnlySpan<int> sources)
    {
        var newStarts = new int[text.Length];
        var newEnds = new int[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            // A surrogate pair is one character: both halves have the range of the whole.
            var (first, last) = Character(sources[i]);
            newStarts[i] = Start(first);
            newEnds[i] = End(last);
        }
        return new NormalizedText(text, offset, newStarts, newEnds);
    }

    /// <summary>The units of the character that a unit belongs to.</summary>
    private (int First, int Last) Character(int index)
    {
        if (char.IsHighSurrogate(Text[index]) && index + 1 < Text.Length && char.IsLowSurrogate(Text[index + 1]))
            return (index, index + 1);
        return char.IsLowSurrogate(Text[index]) && index > 0 && char.IsHighSurrogate(Text[index - 1]) ? (index - 1, index) : (index, index);
    }
}
