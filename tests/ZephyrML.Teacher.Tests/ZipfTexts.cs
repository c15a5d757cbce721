namespace ZephyrML.Teacher.Tests;

/// <summary>Texts of words (or Chinese characters) drawn by Zipf's law, some of them earlier ones with a few words changed.</summary>
internal static class ZipfTexts
{
    public static IEnumerable<string> Draw(int seed, int count, int words, int from, int to, double copies, bool chinese = false)
    {
        var random = new SeedStream(seed, "zipf");
        var sums = new double[words];
        for (var i = 0; i < words; i++)
            sums[i] = (i == 0 ? 0 : sums[i - 1]) + (1.0 / (i + 1));
        int Word()
        {
            var place = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
            return Math.Min(words - 1, place < 0 ? ~place : place);
        }
        var earlier = new List<int[]>();
        for (var n = 0; n < count; n++)
        {
            int[] text;
            if (earlier.Count > 0 && random.NextDouble() < copies)
            {
                text = (int[])earlier[random.Next(earlier.Count)].Clone();
                for (var changes = random.Next(1 + (text.Length / 3)); changes > 0; changes--)
                    text[random.Next(text.Length)] = Word();
            }
            else
            {
                text = [.. Enumerable.Range(0, from + random.Next(to - from + 1)).Select(_ => Word())];
            }
            earlier.Add(text);
            yield return chinese ? string.Concat(text.Select(w => (char)(0x4E00 + w))) : string.Join(' ', text.Select(w => $"w{w}"));
        }
    }
}
