using System.Globalization;

namespace ZephyrML.LanguageModels;

/// <summary>The character classes of split patterns, by Unicode code point: \p{L}, \p{N}, \s and \w.</summary>
internal static class CharClasses
{
    /// <summary>Letters, as a class to ask <see cref="Is"/> for.</summary>
    public const byte Letter = 1;

    /// <summary>Numbers.</summary>
    public const byte Number = 2;

    /// <summary>White space.</summary>
    public const byte Space = 4;

    /// <summary>What is neither letter nor number nor white space.</summary>
    public const byte Other = 16;

    private const byte Word = 8;
    private static readonly byte[] Plane0 = MakePlane0();

    /// <summary>Whether a character is of one of these classes.</summary>
    public static bool Is(int codePoint, byte classes) => (Of(codePoint) & classes) != 0;

    public static bool IsLetter(int codePoint) => (Of(codePoint) & Letter) != 0;

    public static bool IsNumber(int codePoint) => (Of(codePoint) & Number) != 0;

    public static bool IsSpace(int codePoint) => (Of(codePoint) & Space) != 0;

    public static bool IsWord(int codePoint) => (Of(codePoint) & Word) != 0;

    /// <summary>Neither letter nor number nor space.</summary>
    public static bool IsOther(int codePoint) => (Of(codePoint) & Other) != 0;

    /// <summary>The code point at a place, which must not be past the end; a lone surrogate counts as itself.</summary>
    public static int At(ReadOnlySpan<char> text, int index)
    {
        var c = text[index];
        return char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) ? char.ConvertToUtf32(c, text[index + 1]) : c;
    }

    /// <summary>How many UTF-16 units a code point takes.</summary>
    public static int Length(int codePoint) => codePoint > 0xFFFF ? 2 : 1;

    private static byte Of(int codePoint) => codePoint < Plane0.Length ? Plane0[codePoint] : Classify(codePoint);

    private static byte[] MakePlane0()
    {
        var classes = new byte[0x10000];
        for (var c = 0; c < classes.Length; c++)
            classes[c] = Classify(c);
        return classes;
    }

    private static byte Classify(int codePoint)
    {
        byte flags = CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Letter | Word,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber => Number | Word,
            UnicodeCategory.OtherNumber => Number,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.ConnectorPunctuation => Word,
            _ => 0,
        };
        if (codePoint is 0x200C or 0x200D or >= 0x24B6 and <= 0x24E9)
            flags |= Word;
        if (codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint))
            flags |= Space;
        return (flags & (Letter | Number | Space)) == 0 ? (byte)(flags | Other) : flags;
    }
}
