using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Lower case, character by character.</summary>
internal sealed class LowercaseNormalizer : TextNormalizer
{
    public override NormalizedText Apply(NormalizedText text)
    {
        var source = text.Text;
        var rewriter = new TextRewriter(text);
        for (var i = 0; i < source.Length;)
        {
            var codePoint = CharClasses.At(source, i);
            // The capital I with a dot is the one character with a longer lower case.
            if (codePoint == 0x130)
                rewriter.Append("i\u0307", i);
            else
                rewriter.Append(Rune.IsValid(codePoint) ? Rune.ToLowerInvariant(new Rune(codePoint)).Value : codePoint, i);
            i += CharClasses.Length(codePoint);
        }
        return rewriter.Finish();
    }
}
