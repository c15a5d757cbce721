using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Unicode normalisation: NFC, NFD, NFKC, NFKD.</summary>
internal sealed class UnicodeNormalizer : TextNormalizer
{
    private readonly NormalizationForm form;
    private readonly NormalizationForm decomposition;

    public UnicodeNormalizer(NormalizationForm form)
    {
        if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00E9")
            throw new NotSupportedException($"The tokenizer normalises Unicode ({form}), which .NET cannot do here: it runs in invariant globalization mode. Install ICU (libicu) or unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");
        this.form = form;
        decomposition = form is NormalizationForm.FormC or NormalizationForm.FormD ? NormalizationForm.FormD : NormalizationForm.FormKD;
    }

    public override NormalizedText Apply(NormalizedText text)
    {
        if (Ascii.IsValid(text.Text))
            return text;
        var decomposed = Decompose(text.Text);
        var result = new List<(int CodePoint, int Change)>(decomposed.Count);
        for (var start = 0; start < decomposed.Count;)
        {
            var end = start + 1;
            while (end < decomposed.Count && Combines(decomposed[end].CodePoint))
                end++;
            // .NET refuses to normalise the noncharacter U+FFFE. It composes with nothing.
            if (decomposed[start].CodePoint == 0xFFFE)
                result.Add(decomposed[start++]);
            if (end == start + 1 && form == decomposition)
                result.Add(decomposed[start]);
            else if (end > start)
            {
                MarkOrder.Sort(decomposed, start, end);
                Arrange(decomposed, start, end, result);
            }
            start = end;
        }
        return text.Transformed(result);
    }

    // Each character's own decomposition: the first part replaces the character, the others are put in behind it.
    private List<(int CodePoint, int Change)> Decompose(string text)
    {
        var parts = new List<(int CodePoint, int Change)>(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            var codePoint = CharClasses.At(text, i);
            i += CharClasses.Length(codePoint);
            if (codePoint is < 0xA0 or 0xFFFE)
            {
                parts.Add((codePoint, 0));
                continue;
            }
            var change = 0;
            foreach (var rune in char.ConvertFromUtf32(codePoint).Normalize(decomposition).EnumerateRunes())
            {
                parts.Add((rune.Value, change));
                change = 1;
            }
        }
        return parts;
    }

    // Puts a cluster's marks in order and composes it; a composed character takes the place of all that it is made of.
    private void Arrange(List<(int CodePoint, int Change)> parts, int start, int end, List<(int CodePoint, int Change)> result)
    {
        var cluster = new StringBuilder();
        for (var i = start; i < end; i++)
            cluster.Append(new Rune(parts[i].CodePoint));
        // What each character of the cluster changes, in the order in which they stand: many marks on one letter must not take quadratic time.
        var changes = new Dictionary<int, Queue<int>>();
        for (var i = start; i < end; i++)
        {
            if (!changes.TryGetValue(parts[i].CodePoint, out var queue))
                changes[parts[i].CodePoint] = queue = new Queue<int>();
            queue.Enqueue(parts[i].Change);
        }
        var composed = cluster.ToString().Normalize(form == decomposition ? NormalizationForm.FormD : NormalizationForm.FormC);
        foreach (var rune in composed.EnumerateRunes())
        {
            if (form == decomposition)
            {
                result.Add((rune.Value, Take(rune.Value)));
                continue;
            }
            var change = 1;
            foreach (var part in rune.ToString().Normalize(NormalizationForm.FormD).EnumerateRunes())
                change += Take(part.Value) - 1;
            result.Add((rune.Value, change));
        }

        int Take(int codePoint) => changes.TryGetValue(codePoint, out var left) && left.TryDequeue(out var change) ? change : 0;
    }

    // Marks, and the vowels and final consonants of Hangul.
    private static bool Combines(int codePoint) => codePoint is >= 0x1160 and <= 0x11FF
        || CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
