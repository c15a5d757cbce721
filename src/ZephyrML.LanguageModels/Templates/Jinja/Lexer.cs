using System.Globalization;
using System.Numerics;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Cuts a template into tokens; trim_blocks and lstrip_blocks are on, one line break at the end is dropped.</summary>
internal sealed class Lexer
{
    private static readonly string[] Operators = ["//", "**", "==", "!=", ">=", "<=", .. "+-/*%~[](){}><=.:|,;".Select(c => c.ToString())];

    private readonly string source;
    private readonly List<Token> tokens = [];
    private int position;
    private int line = 1;
    private bool lineStarting = true;

    private Lexer(string source) => this.source = source;

    public static List<Token> Tokenize(string template)
    {
        template = template.Replace("\r\n", "\n").Replace('\r', '\n');
        var lexer = new Lexer(template.EndsWith('\n') ? template[..^1] : template);
        while (lexer.position < lexer.source.Length)
            lexer.Root();
        lexer.Add(TokenKind.End, "");
        return lexer.tokens;
    }

    private void Root()
    {
        var begin = position;
        do
        {
            begin = source.IndexOf('{', begin);
            if (begin < 0 || begin + 1 >= source.Length)
            {
                Data(source[position..]);
                position = source.Length;
                return;
            }
        }
        while (source[begin + 1] is not ('{' or '%' or '#') && begin++ >= 0);
        var what = source[begin + 1];
        var sign = SignAt(begin + 2);
        Data(Strip(source[position..begin], sign, what != '{'));
        Advance(begin + (sign == '\0' ? 2 : 3));
        lineStarting = false;
        if (what == '#')
        {
            var end = source.IndexOf("#}", position, StringComparison.Ordinal);
            if (end < 0)
                throw JinjaError.Syntax("Missing end of comment tag", line);
            After(end, end > position ? source[end - 1] : '\0', trims: true);
        }
        else if (what == '%' && Word(position, "raw", allowsPlus: false) is { } raw)
        {
            After(raw.End, raw.Sign, trims: false);
            Raw();
        }
        else
        {
            Add(what == '%' ? TokenKind.BlockBegin : TokenKind.PrintBegin, "");
            Inside(what == '%');
        }
    }

    private void Raw()
    {
        for (var at = source.IndexOf("{%", position, StringComparison.Ordinal); at >= 0; at = source.IndexOf("{%", at + 1, StringComparison.Ordinal))
        {
            var sign = SignAt(at + 2);
            if (Word(at + (sign == '\0' ? 2 : 3), "endraw", allowsPlus: true) is { } end)
            {
                Data(Strip(source[position..at], sign, true));
                After(end.End, end.Sign, trims: true);
                return;
            }
        }
        throw JinjaError.Syntax("Missing end of raw directive", line);
    }

    /// <summary>Whether a lone word and the end of the block stand here; where the "%}" is and the sign before it.</summary>
    private (int End, char Sign)? Word(int at, string word, bool allowsPlus)
    {
        while (at < source.Length && CodePoints.IsSpace(source[at])) at++;
        if (string.CompareOrdinal(source, at, word, 0, word.Length) != 0)
            return null;
        at += word.Length;
        while (at < source.Length && CodePoints.IsSpace(source[at])) at++;
        var sign = SignAt(at);
        if (sign == '+' && !allowsPlus)
            return null;
        if (sign != '\0') at++;
        return string.CompareOrdinal(source, at, "%}", 0, 2) == 0 ? (at, sign) : null;
    }

    /// <summary>Goes on behind a two-character end; a minus eats blanks, else one line break goes where <paramref name="trims"/>.</summary>
    private void After(int end, char sign, bool trims)
    {
        var next = end + 2;
        if (sign == '-')
        {
            while (next < source.Length && CodePoints.IsSpace(source[next])) next++;
        }
        else if (trims && sign != '+' && next < source.Length && source[next] == '\n')
        {
            next++;
        }
        lineStarting = source[next - 1] == '\n';
        Advance(next);
    }

    private string Strip(string text, char sign, bool block)
    {
        if (sign == '-')
            return CodePoints.TrimEnd(text);
        if (sign == '+' || !block)
            return text;
        var from = text.LastIndexOf('\n') + 1;
        return (from > 0 || lineStarting) && text.AsSpan(from).IndexOfAnyExcept(Spaces) < 0 ? text[..from] : text;
    }

    private static readonly System.Buffers.SearchValues<char> Spaces =
        System.Buffers.SearchValues.Create(Enumerable.Range(0, 0x10000).Select(c => (char)c).Where(CodePoints.IsSpace).ToArray());

    private void Inside(bool block)
    {
        var open = new Stack<char>();
        while (position < source.Length)
        {
            var c = source[position];
            if (open.Count == 0)
            {
                var sign = c == '-' || (c == '+' && block) ? c : '\0';
                var at = sign == '\0' ? position : position + 1;
                if (string.CompareOrdinal(source, at, block ? "%}" : "}}", 0, 2) == 0)
                {
                    Add(block ? TokenKind.BlockEnd : TokenKind.PrintEnd, "");
                    After(at, sign, trims: block);
                    return;
                }
            }
            if (CodePoints.IsSpace(c))
                Advance(position + 1);
            else if (char.IsAsciiDigit(c))
                Number();
            else if (IsWord(position, out _))
                Name();
            else if (c is '\'' or '"')
                Text(c);
            else
                Operator(open);
        }
    }

    private void Operator(Stack<char> open)
    {
        var op = Operators.FirstOrDefault(o => string.CompareOrdinal(source, position, o, 0, o.Length) == 0)
            ?? throw Unexpected();
        if (op is "(" or "[" or "{")
        {
            open.Push(op switch { "(" => ')', "[" => ']', _ => '}' });
        }
        else if (op is ")" or "]" or "}")
        {
            if (open.Count == 0)
                throw JinjaError.Syntax($"unexpected '{op}'", line);
            if (open.Pop() is var expected && expected != op[0])
                throw JinjaError.Syntax($"unexpected '{op}', expected '{expected}'", line);
        }
        Add(TokenKind.Operator, op);
        Advance(position + op.Length);
    }

    private void Number()
    {
        var prefix = position + 1 < source.Length && source[position] == '0' ? char.ToLowerInvariant(source[position + 1]) : ' ';
        if (prefix is 'b' or 'o' or 'x' && Digits(position + 2, prefix, leading: true) is var past && past > position + 2)
        {
            var value = BigInteger.Zero;
            var radix = prefix switch { 'b' => 2, 'o' => 8, _ => 16 };
            foreach (var digit in source[(position + 2)..past].Where(d => d != '_'))
                value = value * radix + Convert.ToInt32(digit.ToString(), 16);
            Literal(TokenKind.Integer, past, Numbers.Int(value));
            return;
        }
        var end = Digits(position, 'd', leading: false);
        var whole = end;
        if (position == 0 || source[position - 1] != '.')
        {
            if (end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1]))
                end = Digits(end + 1, 'd', leading: false);
            if (end < source.Length && source[end] is 'e' or 'E')
            {
                var power = end + 1 < source.Length && source[end + 1] is '+' or '-' ? end + 2 : end + 1;
                if (power < source.Length && char.IsAsciiDigit(source[power]))
                    end = Digits(power, 'd', leading: false);
            }
        }
        if (end > whole)
        {
            Literal(TokenKind.Float, end, double.Parse(source[position..end].Replace("_", ""), CultureInfo.InvariantCulture));
            return;
        }
        if (source[position] == '0')
        {
            // 012 is 0 and then 12, which no expression allows.
            whole = position + 1;
            while (whole < source.Length && (source[whole] == '0' || (source[whole] == '_' && whole + 1 < source.Length && source[whole + 1] == '0'))) whole++;
        }
        if (whole - position > 4300)
            throw JinjaError.Syntax("a number has more than 4300 digits", line);
        Literal(TokenKind.Integer, whole, Numbers.Int(BigInteger.Parse(source[position..whole].Replace("_", ""), CultureInfo.InvariantCulture)));
    }

    private int Digits(int at, char radix, bool leading)
    {
        while (at < source.Length)
        {
            var digit = source[at] == '_' && (leading || at > 0) && at + 1 < source.Length ? at + 1 : at;
            var good = radix switch { 'b' => source[digit] is '0' or '1', 'o' => source[digit] is >= '0' and <= '7', 'x' => char.IsAsciiHexDigit(source[digit]), _ => char.IsAsciiDigit(source[digit]) };
            if (!good)
                break;
            at = digit + 1;
        }
        return at;
    }

    private bool IsWord(int at, out int length)
    {
        length = Rune.TryGetRuneAt(source, at, out var rune) ? rune.Utf16SequenceLength : 1;
        return rune != default && (rune.Value == '_' || Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
    }

    private void Name()
    {
        var end = position;
        while (end < source.Length && IsWord(end, out var length)) end += length;
        var first = Rune.GetRuneAt(source, position);
        if (first.Value != '_' && !Rune.IsLetter(first) && Rune.GetUnicodeCategory(first) != UnicodeCategory.LetterNumber)
            throw JinjaError.Syntax("Invalid character in identifier", line);
        Literal(TokenKind.Name, end, null);
    }

    private void Text(char quote)
    {
        var end = position + 1;
        while (end < source.Length && source[end] != quote)
            end += source[end] == '\\' ? 2 : 1;
        if (end >= source.Length)
            throw Unexpected();
        Literal(TokenKind.Text, end + 1, Escapes.Decode(source[(position + 1)..end], line));
    }

    private JinjaError Unexpected() => JinjaError.Syntax($"unexpected char {Strings.Repr(source[position].ToString())} at {position}", line);

    private char SignAt(int at) => at < source.Length && source[at] is '-' or '+' ? source[at] : '\0';

    private void Literal(TokenKind kind, int end, object? value)
    {
        tokens.Add(new Token(kind, source[position..end], value, line));
        Advance(end);
    }

    private void Data(string text)
    {
        if (text.Length > 0)
            Add(TokenKind.Data, text);
    }

    private void Add(TokenKind kind, string text) => tokens.Add(new Token(kind, text, null, line));

    private void Advance(int to)
    {
        line += source.AsSpan(position, to - position).Count('\n');
        position = to;
    }
}
