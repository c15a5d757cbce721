namespace ZephyrML.LanguageModels;

/// <summary>
/// Reads a regular expression as Oniguruma does, which tokenizers are written for. What is not read (references to groups, calls, conditions, classes and scripts that are not
/// known here) is refused by name.
/// </summary>
internal sealed class ExpressionParser
{
    private const int Deepest = 60;
    private const int MostTimes = 10_000;
    private readonly string pattern;
    private int at;
    private int depth;
    private bool ignoreCase;
    private bool dotAll;
    private bool extended;

    private ExpressionParser(string pattern) => this.pattern = pattern;

    /// <exception cref="NotSupportedException">The expression cannot be read, or asks for what is not supported; the message names it.</exception>
    public static ExpressionNode Parse(string pattern)
    {
        var parser = new ExpressionParser(pattern);
        var node = parser.Alternatives();
        return parser.at == pattern.Length ? node : throw parser.Refused("a ')' without its '('");
    }

    private bool More => at < pattern.Length;

    private NotSupportedException Refused(string what)
        => new($"The split pattern {(pattern.Length > 200 ? pattern[..200] + "..." : pattern)} has {what} at place {Math.Min(at, pattern.Length)}, which is not supported.");

    private ExpressionNode Alternatives()
    {
        if (++depth > Deepest)
            throw Refused($"more than {Deepest} brackets in one another");
        var before = (ignoreCase, dotAll, extended);
        var options = new List<ExpressionNode> { Sequence() };
        while (More && pattern[at] == '|')
        {
            at++;
            options.Add(Sequence());
        }
        (ignoreCase, dotAll, extended) = before;
        depth--;
        return options is [var only] ? only : new ExpressionNode.Choice(options);
    }

    private ExpressionNode Sequence()
    {
        var parts = new List<ExpressionNode>();
        while (More && pattern[at] is not ('|' or ')'))
        {
            if (extended && Skipped())
                continue;
            if (Options(out var rest))
            {
                if (rest is not null)
                    parts.Add(rest);
                continue;
            }
            parts.Add(Quantified(Atom()));
        }
        return parts is [var only] ? only : new ExpressionNode.Sequence(parts);
    }

    // Blanks and comments of (?x).
    private bool Skipped()
    {
        if (char.IsWhiteSpace(pattern[at]))
        {
            at++;
            return true;
        }
        if (pattern[at] != '#')
            return false;
        at = pattern.IndexOf('\n', at) is var end and >= 0 ? end + 1 : pattern.Length;
        return true;
    }

    // (?i) and the like, which hold to the end of the group, and over further alternatives of it.
    private bool Options(out ExpressionNode? rest)
    {
        rest = null;
        if (!Next("(?"))
            return false;
        if (Next("(?#"))
        {
            at = pattern.IndexOf(')', at) is var close and >= 0 ? close + 1 : throw Refused("a comment without an end");
            return true;
        }
        var end = at + 2;
        while (end < pattern.Length && pattern[end] is 'i' or 'm' or 'x' or '-')
            end++;
        if (end == at + 2 || end >= pattern.Length || pattern[end] is not (')' or ':'))
            return false;
        var before = (ignoreCase, dotAll, extended);
        var on = true;
        foreach (var option in pattern.AsSpan(at + 2, end - at - 2))
        {
            switch (option)
            {
                case '-': on = false; break;
                case 'i': ignoreCase = on; break;
                case 'm': dotAll = on; break;
                default: extended = on; break;
            }
        }
        at = end + 1;
        if (pattern[end] == ')')
        {
            rest = Alternatives();
            (ignoreCase, dotAll, extended) = before;
            return true;
        }
        var body = Closed();
        (ignoreCase, dotAll, extended) = before;
        rest = Quantified(body);
        return true;
    }

    private bool Next(string text) => string.CompareOrdinal(pattern, at, text, 0, text.Length) == 0;

    private ExpressionNode Closed()
    {
        var body = Alternatives();
        if (!More)
            throw Refused("a '(' without its ')'");
        at++;
        return body;
    }

    private ExpressionNode Quantified(ExpressionNode node)
    {
        while (More && Bounds() is var (least, most, braces))
        {
            if (node is ExpressionNode.Place or ExpressionNode.Look)
                throw Refused("a repetition of a place");
            if (most is null && node.MayBeEmpty)
                throw Refused("an endless repetition of what can be empty");
            var lazy = false;
            if (More && pattern[at] == '?')
            {
                if (braces && most == least)
                    throw Refused("{n}?");
                lazy = true;
                at++;
            }
            node = new ExpressionNode.Repeat(node, least, most, lazy);
            if (!lazy && !braces && More && pattern[at] == '+')
            {
                at++;
                node = new ExpressionNode.Atomic(node);
            }
        }
        return node;
    }

    private (int Least, int? Most, bool Braces)? Bounds()
    {
        switch (pattern[at])
        {
            case '*':
                at++;
                return (0, null, false);
            case '+':
                at++;
                return (1, null, false);
            case '?':
                at++;
                return (0, 1, false);
            case '{':
                var close = pattern.IndexOf('}', at);
                var inside = close < 0 ? "" : pattern[(at + 1)..close];
                var (first, comma, second) = inside.IndexOf(',') is var cut and >= 0 ? (inside[..cut], true, inside[(cut + 1)..]) : (inside, false, "");
                // What is no bound is text.
                if ((first + second).Length == 0 || !(first + second).All(char.IsAsciiDigit) || (!comma && first.Length == 0))
                    return null;
                at = close + 1;
                var least = first.Length == 0 ? 0 : Times(first);
                int? most = !comma ? least : second.Length == 0 ? null : Times(second);
                return most < least ? throw Refused($"the bounds {{{inside}}}") : (least, most, true);
            default:
                return null;
        }
    }

    private int Times(string digits) => digits.Length < 6 && int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) is var times && times <= MostTimes
        ? times : throw Refused($"{digits} times");

    private ExpressionNode Atom()
    {
        var c = CharClasses.At(pattern, at);
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                at++;
                return Set(ExpressionClass());
            case '.':
                at++;
                return new ExpressionNode.Character(dotAll ? _ => true : x => x != '\n');
            case '^':
                at++;
                return new ExpressionNode.Place(PlaceKind.LineStart);
            case '$':
                at++;
                return new ExpressionNode.Place(PlaceKind.LineEnd);
            case '*' or '+' or '?':
                throw Refused($"a '{(char)c}' with nothing before it");
            case '\\':
                return Escaped();
            default:
                at += CharClasses.Length(c);
                return Set(x => x == c);
        }
    }

    private ExpressionNode.Character Set(Func<int, bool> member) => new(ignoreCase ? CharacterSets.IgnoringCase(member) : member);

    private ExpressionNode Group()
    {
        (string Start, Func<ExpressionNode, ExpressionNode> Make)[] kinds =
        [
            ("(?:", body => body),
            ("(?>", body => new ExpressionNode.Atomic(body)),
            ("(?=", body => new ExpressionNode.Look(body, false, false)),
            ("(?!", body => new ExpressionNode.Look(body, false, true)),
            ("(?<=", body => new ExpressionNode.Look(body, true, false)),
            ("(?<!", body => new ExpressionNode.Look(body, true, true)),
        ];
        foreach (var (start, make) in kinds)
        {
            if (!Next(start))
                continue;
            at += start.Length;
            return make(Closed());
        }
        if (Next("(?<") && pattern.IndexOf('>', at) is var name and > 0 && pattern[(at + 3)..name] is { Length: > 0 } word && word.All(x => char.IsAsciiLetterOrDigit(x) || x == '_'))
            at = name + 1;
        else if (Next("(?") || Next("(*"))
            throw Refused($"'{pattern[at..Math.Min(at + 3, pattern.Length)]}'");
        else
            at++;
        return Closed();
    }

    private ExpressionNode Escaped()
    {
        at++;
        if (!More)
            throw Refused("a '\\' at its end");
        PlaceKind? place = pattern[at] switch
        {
            'A' => PlaceKind.TextStart,
            'z' => PlaceKind.TextEnd,
            'Z' => PlaceKind.TextEndOrLastLineBreak,
            'b' => PlaceKind.WordBoundary,
            'B' => PlaceKind.NoWordBoundary,
            _ => null,
        };
        if (place is { } kind)
        {
            at++;
            return new ExpressionNode.Place(kind);
        }
        if (NamedSet() is { } member)
            return Set(member);
        if (char.IsAsciiDigit(pattern[at]) && pattern[at] != '0')
            throw Refused($"the reference \\{pattern[at]}");
        var c = EscapedCharacter(inClass: false);
        return Set(x => x == c);
    }

    // \d, \p{Lu} and their like; null where there is none.
    private Func<int, bool>? NamedSet()
    {
        var letter = pattern[at];
        Func<int, bool>? member = char.ToLowerInvariant(letter) switch
        {
            'd' => CharacterSets.IsDigit,
            's' => CharClasses.IsSpace,
            'w' => CharacterSets.IsWord,
            'h' => CharacterSets.IsHexDigit,
            'p' => null,
            _ => _ => false,
        };
        if (member is not null)
        {
            if (letter is not ('d' or 'D' or 's' or 'S' or 'w' or 'W' or 'h' or 'H'))
                return null;
            at++;
            return char.IsUpper(letter) ? x => !member(x) : member;
        }
        at++;
        if (!More || pattern[at] != '{' || pattern.IndexOf('}', at) is var close && close < 0)
            throw Refused($"\\{letter} without a name in braces");
        var name = pattern[(at + 1)..close];
        var negative = letter == 'P' ^ name.StartsWith('^');
        if (CharacterSets.Property(name.TrimStart('^')) is not { } property)
            throw Refused($"\\{letter}{{{name}}}");
        at = close + 1;
        return negative ? x => !property(x) : property;
    }

    private int EscapedCharacter(bool inClass)
    {
        var c = CharClasses.At(pattern, at);
        at += CharClasses.Length(c);
        switch (c)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 0x1B;
            case 'b' when inClass:
                return '\b';
            case '0':
                return Digits(2, 8, 0);
            case 'u':
                return Digits(4, 16, 4);
            case 'x' when More && pattern[at] == '{':
                at++;
                var value = Digits(8, 16, 1);
                if (!More || pattern[at++] != '}' || value > 0x10FFFF)
                    throw Refused("\\x{…} with no character");
                return value;
            case 'x':
                return Digits(2, 16, 0) is var code and < 0x80 ? code : throw Refused("a byte that is no character");
            default:
                return c < 0x80 && char.IsAsciiLetterOrDigit((char)c) ? throw Refused($"\\{(char)c}") : c;
        }
    }

    private int Digits(int most, int numberBase, int least)
    {
        var (value, count) = (0L, 0);
        for (; count < most && More && char.IsAsciiHexDigit(pattern[at]) && Convert.ToInt32(pattern[at].ToString(), 16) is var digit && digit < numberBase; count++, at++)
            value = (value * numberBase) + digit;
        return count >= least && value <= 0x10FFFF ? (int)value : throw Refused("an escape that is no character");
    }

    // The inside of […], its opening bracket read: ranges, sets in one another, && between them.
    private Func<int, bool> ExpressionClass()
    {
        if (++depth > Deepest)
            throw Refused($"more than {Deepest} brackets in one another");
        var negative = More && pattern[at] == '^';
        if (negative)
            at++;
        var sides = new List<Func<int, bool>>();
        var members = new List<Func<int, bool>>();
        for (var first = true; ; first = false)
        {
            if (!More)
                throw Refused("a '[' without its ']'");
            if (pattern[at] == ']' && !(first && pattern.IndexOf(']', at + 1) > 0))
            {
                at++;
                break;
            }
            if (Next("&&"))
            {
                at += 2;
                sides.Add(Union(members));
                members = [];
                continue;
            }
            members.Add(ClassMember());
        }
        depth--;
        sides.Add(Union(members));
        Func<int, bool> all = sides is [var only] ? only : c => sides.TrueForAll(s => s(c));
        return negative ? c => !all(c) : all;
    }

    private static Func<int, bool> Union(List<Func<int, bool>> members)
    {
        var listed = members.ToArray();
        return listed is [var only] ? only : c => Array.Exists(listed, m => m(c));
    }

    private Func<int, bool> ClassMember()
    {
        if (Next("[:"))
        {
            var close = pattern.IndexOf(":]", at, StringComparison.Ordinal);
            var name = close < 0 ? "" : pattern[(at + 2)..close];
            if (CharacterSets.Posix(name.TrimStart('^')) is not { } posix)
                throw Refused($"[:{name}:]");
            at = close + 2;
            return name.StartsWith('^') ? c => !posix(c) : posix;
        }
        if (pattern[at] == '[')
        {
            at++;
            return ExpressionClass();
        }
        var (from, set) = ClassCharacter();
        if (set is not null)
            return set;
        if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']' && !Next("-&&"))
        {
            at++;
            if (pattern[at] == '[')
                throw Refused("a range to a set");
            var (to, other) = ClassCharacter();
            if (other is not null || to < from)
                throw Refused("a range that ends before it starts");
            return c => from <= c && c <= to;
        }
        return c => c == from;
    }

    private (int Character, Func<int, bool>? Set) ClassCharacter()
    {
        var c = CharClasses.At(pattern, at);
        if (c != '\\')
        {
            at += CharClasses.Length(c);
            return (c, null);
        }
        at++;
        if (!More)
            throw Refused("a '\\' at its end");
        return NamedSet() is { } set ? (0, set) : (EscapedCharacter(inClass: true), null);
    }
}
