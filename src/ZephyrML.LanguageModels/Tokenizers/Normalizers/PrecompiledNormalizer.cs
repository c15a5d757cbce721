using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A precompiled character map as the tokenizers library applies it: a grapheme cluster of fewer than 6 bytes is looked up as a whole, else (or where that finds
/// nothing) character by character.
/// </summary>
internal sealed class PrecompiledNormalizer(CharsMap map) : TextNormalizer
{
    private const int LongestCluster = 5;

    public override NormalizedText Apply(NormalizedText text)
    {
        var source = text.Text;
        var characters = new List<(int CodePoint, int Change)>(source.Length);
        var modified = false;
        Span<byte> utf8 = stackalloc byte[16];
        for (var start = 0; start < source.Length;)
        {
            var cluster = source.AsSpan(start, StringInfo.GetNextTextElementLength(source.AsSpan(start)));
            start += cluster.Length;
            if (cluster.Length <= LongestCluster && Encoding.UTF8.GetByteCount(cluster) <= LongestCluster && Replace(cluster, utf8))
                continue;
            for (var i = 0; i < cluster.Length;)
            {
                var codePoint = CharClasses.At(cluster, i);
                var character = cluster.Slice(i, CharClasses.Length(codePoint));
                if (!Replace(character, utf8))
                    characters.Add((codePoint, 0));
                i += character.Length;
            }
        }
        return modified ? text.Transformed(characters) : text;

        bool Replace(ReadOnlySpan<char> part, Span<byte> buffer)
        {
            if (map.Find(buffer[..Encoding.UTF8.GetBytes(part, buffer)], longest: false, out _) is not { } replacement)
                return false;
            modified = true;
            var more = Count(replacement) - Count(part);
            foreach (var rune in replacement.EnumerateRunes())
                characters.Add((rune.Value, 0));
            for (var i = 1; i <= more; i++)
                characters[^i] = (characters[^i].CodePoint, 1);
            if (more < 0 && characters.Count > 0)
                characters[^1] = (characters[^1].CodePoint, characters[^1].Change + more);
            return true;
        }
    }

    private static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
