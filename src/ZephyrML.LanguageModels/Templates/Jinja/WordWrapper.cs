namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Wraps one line at blanks and hyphens, as Python's textwrap does with white space kept.</summary>
internal static class WordWrapper
{
    public static List<string> Wrap(string line, long width, bool breaksLongWords, bool breaksOnHyphens, JinjaBudget budget)
    {
        var chunks = new Stack<string>(Chunks(line, breaksOnHyphens).Reverse());
        var lines = new List<string>();
        while (chunks.Count > 0)
        {
            budget.Characters(chunks.Peek().Length);
            budget.Elements(1);
            if (lines.Count > 0 && IsBlank(chunks.Peek()))
                chunks.Pop();
            var current = new List<string>();
            long length = 0;
            while (chunks.Count > 0 && length + CodePoints.Count(chunks.Peek()) <= width)
            {
                length += CodePoints.Count(chunks.Peek());
                current.Add(chunks.Pop());
            }
            if (chunks.Count > 0 && CodePoints.Count(chunks.Peek()) > width)
            {
                if (breaksLongWords && width > length)
                {
                    var chunk = chunks.Pop();
                    var cut = CodePoints.ToUtf16(chunk, width - length);
                    current.Add(chunk[..cut]);
                    chunks.Push(chunk[cut..]);
                }
                else if (current.Count == 0)
                {
                    current.Add(chunks.Pop());
                }
            }
            if (current.Count > 0 && IsBlank(current[^1]))
                current.RemoveAt(current.Count - 1);
            if (current.Count > 0)
                lines.Add(string.Concat(current));
        }
        return lines;
    }

    private static bool IsBlank(string chunk) => chunk.All(CodePoints.IsSpace);

    private static IEnumerable<string> Chunks(string line, bool hyphens)
    {
        for (var start = 0; start < line.Length;)
        {
            var end = start + 1;
            var blank = CodePoints.IsSpace(line[start]);
            while (end < line.Length && CodePoints.IsSpace(line[end]) == blank && !(hyphens && !blank && Breaks(line, start, end))) end++;
            yield return line[start..end];
            start = end;
        }
    }

    // Behind a hyphen between letters.
    private static bool Breaks(string line, int start, int at)
        => line[at - 1] == '-' && at - 2 >= start && char.IsLetter(line[at - 2]) && char.IsLetter(line[at]);
}
