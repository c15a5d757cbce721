using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Replaces what matches a pattern.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : TokenDecoder
{
    public override List<string> Apply(List<string> parts)
    {
        var matches = new List<(int Start, int End)>();
        return [.. parts.Select(Replace)];

        string Replace(string part)
        {
            matches.Clear();
            pattern.Find(part, matches);
            if (matches.Count == 0)
                return part;
            var text = new StringBuilder();
            var done = 0;
            foreach (var (start, end) in matches)
            {
                text.Append(part, done, start - done).Append(content);
                done = end;
            }
            return text.Append(part, done, part.Length - done).ToString();
        }
    }
}
