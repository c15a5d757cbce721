using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Puts very many marks of one letter into canonical order in linear time, which the platform's normalization takes quadratic time for. .NET does not tell marks' combining
/// classes, so they are found out by how pairs of marks are ordered.
/// </summary>
internal static class MarkOrder
{
    private const int Many = 64;
    private const int Low = 0x334;
    private const int High = 0x345;

    /// <summary>Sorts parts[start..end], a letter and its marks, where there are very many.</summary>
    public static void Sort(List<(int CodePoint, int Change)> parts, int start, int end)
    {
        if (end - start < Many)
            return;
        var distinct = new HashSet<int>();
        for (var i = start; i < end; i++)
            distinct.Add(parts[i].CodePoint);
        var moving = distinct.Where(c => c is Low or High || Before(Low, c) || Before(c, High)).ToList();
        moving.Sort((a, b) => a == b ? 0 : Before(a, b) ? -1 : Before(b, a) ? 1 : 0);
        var ranks = new Dictionary<int, int>();
        for (var i = 0; i < moving.Count; i++)
            ranks[moving[i]] = i == 0 || Before(moving[i - 1], moving[i]) ? i : ranks[moving[i - 1]];
        // What has no class stays, and nothing is moved across it.
        for (var from = start; from < end;)
        {
            var to = from;
            while (to < end && ranks.ContainsKey(parts[to].CodePoint))
                to++;
            var sorted = parts.GetRange(from, to - from).OrderBy(p => ranks[p.CodePoint]).ToList();
            for (var i = 0; i < sorted.Count; i++)
                parts[from + i] = sorted[i];
            from = to + 1;
        }
    }

    // Whether the one stands before the other whichever way they are written.
    private static bool Before(int first, int second)
    {
        var swapped = new Rune(second).ToString() + new Rune(first);
        return swapped.Normalize(NormalizationForm.FormD) != swapped;
    }
}
