namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Strings as Python sees them: rows of code points. A lone surrogate counts as one.</summary>
internal static class CodePoints
{
    public static bool Simple(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0;

    public static int Count(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        for (var i = text.IndexOfAnyInRange('\uD800', '\uDBFF'); i >= 0 && i < text.Length - 1; i++)
        {
            if (char.IsSurrogatePair(text[i], text[i + 1]))
            {
                count--;
                i++;
            }
        }
        return count;
    }

    public static List<string> Split(string text)
    {
        var result = new List<string>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var length = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
            result.Add(text.Substring(i, length));
            i += length - 1;
        }
        return result;
    }

    /// <summary>The UTF-16 index of a code point's.</summary>
    public static int ToUtf16(string text, long index)
    {
        if (Simple(text))
            return (int)Math.Min(index, text.Length);
        var i = 0;
        for (; index > 0 && i < text.Length; index--)
            i += i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
        return i;
    }

    public static string Substring(string text, long start, long stop)
    {
        if (stop <= start)
            return "";
        var from = ToUtf16(text, start);
        return text[from..Math.Max(from, ToUtf16(text, stop))];
    }

    /// <summary>Order by code point, which UTF-16 order is not beyond U+D7FF.</summary>
    public static int Compare(string a, string b)
    {
        var common = Math.Min(a.Length, b.Length);
        for (var i = 0; i < common; i++)
        {
            if (a[i] != b[i])
                return Weight(a[i]).CompareTo(Weight(b[i]));
        }
        return a.Length.CompareTo(b.Length);

        static int Weight(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static string TrimStart(string text, string? characters = null)
    {
        var i = 0;
        while (i < text.Length && Strips(text, i, characters, out var length))
            i += length;
        return text[i..];
    }

    public static string TrimEnd(string text, string? characters = null)
    {
        var end = text.Length;
        while (end > 0)
        {
            var length = end > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1;
            if (!Strips(text, end - length, characters, out _))
                break;
            end -= length;
        }
        return text[..end];
    }

    private static bool Strips(string text, int i, string? characters, out int length)
    {
        length = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
        return characters is null ? IsSpace(text[i]) : characters.AsSpan().IndexOf(text.AsSpan(i, length)) >= 0;
    }
}
