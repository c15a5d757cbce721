using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>The normalizers of <c>tokenizer.json</c> that are known: NFC and Lowercase, alone or in sequence.</summary>
internal abstract class TextNormalizer
{
    /// <summary>Rewrites a text and keeps track of where each character comes from.</summary>
    public abstract NormalizedText Apply(NormalizedText text);

    /// <summary>Canonical composition.</summary>
    public sealed class Nfc : TextNormalizer
    {
        public Nfc()
        {
            if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00E9")
                throw new NotSupportedException("The tokenizer normalises to NFC, which .NET cannot do here: it runs in invariant globalization mode. Install ICU (libicu) or unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");
        }

        public override NormalizedText Apply(NormalizedText text)
        {
            if (System.Text.Ascii.IsValid(text.Text))
                return text;
            var result = new StringBuilder();
            var sources = new List<int>();
            for (var start = 0; start < text.Text.Length;)
            {
                var end = ClusterEnd(text.Text, start);
                Compose(text.Text, start, end, result, sources);
                start = end;
            }
            return text.Rewrite(result.ToString(), sources.ToArray());
        }

        // A character with all that may combine with it: marks, and the vowels and final consonants of Hangul.
        private static int ClusterEnd(string text, int start)
        {
            var end = start + CharClasses.Length(CharClasses.At(text, start));
            while (end < text.Length)
            {
                var codePoint = CharClasses.At(text, end);
                var category = CharUnicodeInfo.GetUnicodeCategory(codePoint);
                if (category is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
                    && codePoint is not (>= 0x1160 and <= 0x11FF))
                    break;
                end += CharClasses.Length(codePoint);
            }
            return end;
        }

        // What composes is taken to be the cluster's first characters: the composed one stands for the first of them, those behind keep their own.
        private static void Compose(string text, int start, int end, StringBuilder result, List<int> sources)
        {
            var cluster = text[start..end];
            // .NET refuses to normalise the noncharacter U+FFFE. It composes with nothing.
            var composed = cluster[0] == '\uFFFE' ? cluster[0] + cluster[1..].Normalize(NormalizationForm.FormC) : cluster.Normalize(NormalizationForm.FormC);
            result.Append(composed);
            int[] from = [.. Starts(cluster)];
            int[] to = [.. Starts(composed)];
            for (var i = 0; i < to.Length; i++)
            {
                var source = i == 0 || from.Length < to.Length ? Math.Min(i, from.Length - 1) : from.Length - (to.Length - i);
                var length = (i + 1 < to.Length ? to[i + 1] : composed.Length) - to[i];
                for (var unit = 0; unit < length; unit++)
                    sources.Add(start + from[source]);
            }
        }

        private static IEnumerable<int> Starts(string text)
        {
            for (var i = 0; i < text.Length; i += CharClasses.Length(CharClasses.At(text, i)))
                yield return i;
        }
    }

    /// <summary>Lower case, character by character.</summary>
    public sealed class Lowercase : TextNormalizer
    {
        public override NormalizedText Apply(NormalizedText text)
        {
            var result = new StringBuilder();
            var sources = new List<int>();
            for (var i = 0; i < text.Text.Length;)
            {
                var codePoint = CharClasses.At(text.Text, i);
                // The capital I with a dot is the one character with a longer lower case.
                var lower = codePoint == 0x130 ? "i\u0307" : Rune.IsValid(codePoint) ? Rune.ToLowerInvariant(new Rune(codePoint)).ToString() : text.Text[i].ToString();
                result.Append(lower);
                for (var unit = 0; unit < lower.Length; unit++)
                    sources.Add(i);
                i += CharClasses.Length(codePoint);
            }
            return text.Rewrite(result.ToString(), sources.ToArray());
        }
    }

    /// <summary>One after the other.</summary>
    public sealed class Sequence(IReadOnlyList<TextNormalizer> steps) : TextNormalizer
    {
        public override NormalizedText Apply(NormalizedText text) => steps.Aggregate(text, (current, step) => step.Apply(current));
    }
}
