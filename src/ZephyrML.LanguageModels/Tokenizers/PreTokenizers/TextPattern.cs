namespace ZephyrML.LanguageModels;

/// <summary>Finds matches in a text, from left to right, none over another. A match may be empty.</summary>
internal abstract class TextPattern
{
    /// <summary>Adds the matches in a text.</summary>
    public abstract void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches);

    /// <summary>The text with something else for each match, where there is a short way to it; else null.</summary>
    public virtual string? Replaced(string text, string content) => null;

    /// <summary>A plain string.</summary>
    public static TextPattern Of(string plain) => plain.Length == 0 ? SplitPattern.Parse("") : new Plain(plain);

    /// <summary>Single characters.</summary>
    public static TextPattern Of(Func<int, bool> member) => new Single(member);

    private sealed class Plain(string plain) : TextPattern
    {
        public override string Replaced(string text, string content) => text.Replace(plain, content, StringComparison.Ordinal);

        public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            for (var at = 0; text[at..].IndexOf(plain) is var step and >= 0; at += step + plain.Length)
                matches.Add((at + step, at + step + plain.Length));
        }
    }

    private sealed class Single(Func<int, bool> member) : TextPattern
    {
        public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            for (var at = 0; at < text.Length;)
            {
                var codePoint = CharClasses.At(text, at);
                var next = at + CharClasses.Length(codePoint);
                if (member(codePoint))
                    matches.Add((at, next));
                at = next;
            }
        }
    }
}
