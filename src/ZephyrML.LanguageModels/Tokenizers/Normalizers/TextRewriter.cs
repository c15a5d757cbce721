using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Builds a rewritten text together with where its characters come from.</summary>
internal sealed class TextRewriter(NormalizedText source)
{
    private readonly StringBuilder text = new(source.Text.Length + 16);
    private int[] origins = source.Tracked ? new int[source.Text.Length + 16] : [];

    /// <summary>How long the new text is so far.</summary>
    public int Length => text.Length;

    /// <summary>Adds a UTF-16 unit that stands for a unit of the source (-1: for nothing).</summary>
    public void Append(char unit, int origin)
    {
        if (source.Tracked)
        {
            if (text.Length == origins.Length)
                Array.Resize(ref origins, 2 * origins.Length);
            origins[text.Length] = origin;
        }
        text.Append(unit);
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
        foreach (var unit in added)
            Append(unit, origin);
    }

    /// <summary>Adds a range of the source as it is.</summary>
    public void Copy(int start, int end)
    {
        if (!source.Tracked)
        {
            text.Append(source.Text, start, end - start);
            return;
        }
        for (var i = start; i < end; i++)
            Append(source.Text[i], i);
    }

    /// <summary>The text that was built.</summary>
    public NormalizedText Finish() => source.Rewritten(text.ToString(), origins);
}
