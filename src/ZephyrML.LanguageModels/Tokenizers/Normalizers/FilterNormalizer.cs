using System.Globalization;

namespace ZephyrML.LanguageModels;

/// <summary>Leaves characters out, or puts one for another: StripAccents and Nmt.</summary>
internal sealed class FilterNormalizer(Func<int, int> map) : TextNormalizer
{
    /// <summary>What a character becomes that is left out.</summary>
    public const int Gone = -1;

    /// <summary>Leaves out combining marks.</summary>
    public static FilterNormalizer StripAccents { get; } = new(codePoint => CharUnicodeInfo.GetUnicodeCategory(codePoint)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark ? Gone : codePoint);

    /// <summary>What SentencePiece's nmt rules do beyond NFKC: control characters go, odd blanks become spaces.</summary>
    public static FilterNormalizer Nmt { get; } = new(codePoint => codePoint switch
    {
        >= 0x01 and <= 0x08 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or 0x8F or 0x9F => Gone,
        0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => codePoint,
    });

    public override NormalizedText Apply(NormalizedText text)
    {
        var rewriter = new TextRewriter(text);
        for (var i = 0; i < text.Text.Length;)
        {
            var codePoint = CharClasses.At(text.Text, i);
            var mapped = map(codePoint);
            if (mapped != Gone)
                rewriter.Append(mapped, i);
            i += CharClasses.Length(codePoint);
        }
        return rewriter.Finish();
    }
}
