using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>SentencePiece's own normalizer: the longest known prefix is replaced, blanks are cut as the file says, one is put in front, and all become '▁'.</summary>
internal sealed class SentencePieceNormalizer(SentencePieceFile file) : TextNormalizer
{
    private const char Escaped = '▁';
    private readonly TokenTrie? userDefined = SentencePieceTokenizer.UserDefined(file);
    private readonly char space = file.EscapeWhitespaces ? Escaped : ' ';

    public override NormalizedText Apply(NormalizedText text)
    {
        var source = text.Text;
        var utf8 = file.CharsMap is null ? [] : Encoding.UTF8.GetBytes(source);
        var rewriter = new TextRewriter(text);
        var (at, atByte) = (0, 0);
        var pending = !text.Continues && file.AddDummyPrefix && !file.WhitespaceAsSuffix;
        var (leading, afterSpace) = (file.RemoveExtraWhitespaces && !text.Continues, file.RemoveExtraWhitespaces && !text.Continues);
        // Blanks wait here until something follows, where those at the end go.
        var blanks = new Queue<int>();
        while (at < source.Length)
        {
            var origin = at;
            var replaced = Prefix(source, utf8, ref at, ref atByte);
            if (leading && replaced is " ")
                continue;
            leading = false;
            if (pending)
                Add(space, origin);
            pending = false;
            var from = 0;
            while (afterSpace && from < replaced.Length && replaced[from] == ' ')
                from++;
            foreach (var unit in replaced[from..])
                Add(unit == ' ' ? space : unit, origin);
            if (from < replaced.Length)
                afterSpace = file.RemoveExtraWhitespaces && replaced[^1] == ' ';
        }
        if (file.AddDummyPrefix && file.WhitespaceAsSuffix && !leading && source.Length > 0)
            rewriter.Append(space, source.Length - 1);
        return rewriter.Finish();

        void Add(char unit, int origin)
        {
            if (file.RemoveExtraWhitespaces && unit == space)
            {
                blanks.Enqueue(origin);
                return;
            }
            while (blanks.TryDequeue(out var blank))
                rewriter.Append(space, blank);
            rewriter.Append(unit, origin);
        }
    }

    // What the text at a place becomes, and how far that goes.
    private ReadOnlySpan<char> Prefix(string source, byte[] utf8, ref int at, ref int atByte)
    {
        var start = at;
        if (userDefined is not null && SentencePieceTokenizer.Longest(userDefined, source.AsSpan(at)) is var (_, known) && known > 0)
            Advance(source, known, ref at, ref atByte);
        else if (file.CharsMap is { } map && map.Find(utf8.AsSpan(atByte), longest: true, out var bytes) is { } replacement)
        {
            for (var end = atByte + bytes; atByte < end;)
                Advance(source, CharClasses.Length(CharClasses.At(source, at)), ref at, ref atByte);
            return replacement;
        }
        else
            Advance(source, CharClasses.Length(CharClasses.At(source, at)), ref at, ref atByte);
        return source.AsSpan(start, at - start);
    }

    private static void Advance(string source, int units, ref int at, ref int atByte)
    {
        atByte += Encoding.UTF8.GetByteCount(source.AsSpan(at, units));
        at += units;
    }
}
