using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>BERT's: control characters go, blanks become spaces, Chinese characters get a space on each side, accents go, letters become small; each if asked for.</summary>
internal static class BertNormalizer
{
    public static TextNormalizer Create(bool cleanText, bool handleChinese, bool stripAccents, bool lowercase)
    {
        var steps = new List<TextNormalizer>();
        if (cleanText)
            steps.Add(Clean);
        if (handleChinese)
            steps.Add(new SpacedChinese());
        if (stripAccents)
            steps.AddRange([new UnicodeNormalizer(NormalizationForm.FormD), NonSpacing]);
        if (lowercase)
            steps.Add(new LowercaseNormalizer());
        return new NormalizerSequence(steps);
    }

    private static FilterNormalizer NonSpacing { get; } = new(c => CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark ? FilterNormalizer.Gone : c);

    private static FilterNormalizer Clean { get; } = new(c => c switch
    {
        '\t' or '\n' or '\r' => ' ',
        0 or 0xFFFD => FilterNormalizer.Gone,
        _ when CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => FilterNormalizer.Gone,
        _ => CharClasses.IsSpace(c) ? ' ' : c,
    });

    private static bool IsChinese(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private sealed class SpacedChinese : TextNormalizer
    {
        public override NormalizedText Apply(NormalizedText text)
        {
            var rewriter = new TextRewriter(text);
            for (var i = 0; i < text.Text.Length;)
            {
                var c = CharClasses.At(text.Text, i);
                var chinese = IsChinese(c);
                if (chinese)
                    rewriter.Append(' ', i);
                rewriter.Append(c, i);
                if (chinese)
                    rewriter.Append(' ', i);
                i += CharClasses.Length(c);
            }
            return rewriter.Finish();
        }
    }
}
