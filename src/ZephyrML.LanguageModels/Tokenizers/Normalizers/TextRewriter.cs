namespace ZephyrML.LanguageModels;

/// <summary>Builds a rewritten text together with where its characters come from.</summary>
internal sealed class TextRewriter(NormalizedText source)
{
    private char[] text = new char[source.Text.Length + (source.Text.Length >> 3) + 16];
    private int[] origins = source.Tracked ? new int[source.Text.Length + (source.Text.Length >> 3) + 16] : [];

    /// <summary>How long the new text is so far.</summary>
    public int Length { get; private set; }

    /// <summary>Adds a UTF-16 unit that stands for a unit of the source (-1: for nothing).</summary>
    public void Append(char unit, int origin)
    {
        if (Length == text.Length)
            Grow(1);
        text[Length] = unit;
        if (source.Tracked)
            origins[Length] = origin;
        Length++;
    }

    /// <summary>Adds a character.</summary>
    public void Append(int codePoint, int origin)
    {
        if (codePoint <= 0xFFFF)
        {
            Append((char)codePoint, origin);
            return;
        }
        Append((char)(0xD800 + ((codePoint - 0x10000) >> 10)), origin);
        Append((char)(0xDC00 + ((codePoint - 0x10000) & 0x3FF)), origin);
    }

    /// <summary>Adds a text all of which stands for one unit.</summary>
    public void Append(string added, int origin)
    {
        Grow(added.Length);
        added.CopyTo(text.AsSpan(Length));
        if (source.Tracked)
            origins.AsSpan(Length, added.Length).Fill(origin);
        Length += added.Length;
    }

    /// <summary>Adds a range of the source as it is.</summary>
    public void Copy(int start, int end)
    {
        Grow(end - start);
        source.Text.CopyTo(start, text, Length, end - start);
        for (var i = start; source.Tracked && i < end; i++)
            origins[Length + i - start] = i;
        Length += end - start;
    }

    /// <summary>Adds a range of the source, each unit as what a table has for it.</summary>
    public void Map(int start, int end, ReadOnlySpan<char> table)
    {
        Grow(end - start);
        var from = source.Text.AsSpan(start, end - start);
        var to = text.AsSpan(Length, end - start);
        for (var i = 0; i < from.Length; i++)
            to[i] = table[from[i]];
        for (var i = start; source.Tracked && i < end; i++)
            origins[Length + i - start] = i;
        Length += end - start;
    }

    /// <summary>The text that was built.</summary>
    public NormalizedText Finish() => source.Rewritten(new string(text, 0, Length), origins);

    private void Grow(int more)
    {
        if (Length + more <= text.Length)
            return;
        var size = Math.Max(2 * text.Length, Length + more);
        Array.Resize(ref text, size);
        if (source.Tracked)
            Array.Resize(ref origins, size);
    }
}
