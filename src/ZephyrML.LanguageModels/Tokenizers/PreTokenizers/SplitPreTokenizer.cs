using System.Globalization;

namespace ZephyrML.LanguageModels;

/// <summary>Splits by a pattern: Split, Digits, Punctuation, Whitespace and their like.</summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert = false) : TextPreTokenizer
{
    private readonly TextSplitter splitter = new(pattern, behavior, invert);

    /// <summary>Blanks, dropped.</summary>
    public static SplitPreTokenizer Blanks { get; } = new(TextPattern.Of(CharClasses.IsSpace), SplitBehavior.Removed);

    /// <summary>Words and runs of other characters; the blanks between them are dropped.</summary>
    public static SplitPreTokenizer Words { get; } = new(new WordPattern(), SplitBehavior.Removed, invert: true);

    /// <summary>Digits apart from all else, each alone or in runs.</summary>
    public static SplitPreTokenizer Digits(bool individual)
        => new(TextPattern.Of(CharClasses.IsNumber), individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    /// <summary>Punctuation, Unicode's and ASCII's.</summary>
    public static SplitPreTokenizer Punctuation(SplitBehavior behavior) => new(TextPattern.Of(IsPunctuation), behavior);

    public override PreTokenizedText Apply(PreTokenizedText text) => text.SplitBy(splitter);

    private static bool IsPunctuation(int codePoint) => codePoint < 0x80
        ? char.IsAscii((char)codePoint) && (char.IsPunctuation((char)codePoint) || char.IsSymbol((char)codePoint))
        : CharUnicodeInfo.GetUnicodeCategory(codePoint) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private sealed class WordPattern : TextPattern
    {
        public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            var last = 0;
            for (var at = 0; at < text.Length;)
            {
                var codePoint = CharClasses.At(text, at);
                var next = at + CharClasses.Length(codePoint);
                var kind = CharClasses.IsWord(codePoint) ? 1 : CharClasses.IsSpace(codePoint) ? 0 : 2;
                if (kind != 0 && kind == last)
                    matches[^1] = (matches[^1].Start, next);
                else if (kind != 0)
                    matches.Add((at, next));
                last = kind;
                at = next;
            }
        }
    }
}
