using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>The methods of Python's str.</summary>
internal static class StringMethods
{
    public delegate object? Method(JinjaRuntime runtime, string text, Arguments arguments);

    public static IReadOnlyDictionary<string, Method> All { get; } = new Dictionary<string, Method>
    {
        ["upper"] = (_, s, a) => Plain(a, CaseMapping.Upper(s)),
        ["lower"] = (_, s, a) => Plain(a, CaseMapping.Lower(s)),
        ["casefold"] = (_, s, a) => Plain(a, CaseMapping.Lower(s).Replace("ß", "ss").Replace('ς', 'σ')),
        ["title"] = (_, s, a) => Plain(a, CaseMapping.Title(s)),
        ["capitalize"] = (_, s, a) => Plain(a, CaseMapping.Capitalize(s)),
        ["swapcase"] = (_, s, a) => Plain(a, CaseMapping.Swap(s)),
        ["strip"] = (_, s, a) => Done(a, CodePoints.TrimEnd(CodePoints.TrimStart(s, Characters(a)), Characters(a))),
        ["lstrip"] = (_, s, a) => Done(a, CodePoints.TrimStart(s, Characters(a))),
        ["rstrip"] = (_, s, a) => Done(a, CodePoints.TrimEnd(s, Characters(a))),
        ["split"] = (r, s, a) => Split(r, s, a, fromRight: false),
        ["rsplit"] = (r, s, a) => Split(r, s, a, fromRight: true),
        ["splitlines"] = (r, s, a) => List(r, SplitLines(s, a.Flag(0, "keepends"))),
        ["join"] = (r, s, a) => Join(r, s, a.Require(0, "iterable")),
        ["replace"] = (r, s, a) => Replace(r, s, a.Text(0, "old"), a.Text(1, "new"), a.Whole(2, "count", -1)),
        ["startswith"] = (_, s, a) => Affix(s, a, (t, x) => t.StartsWith(x, StringComparison.Ordinal)),
        ["endswith"] = (_, s, a) => Affix(s, a, (t, x) => t.EndsWith(x, StringComparison.Ordinal)),
        ["removeprefix"] = (_, s, a) => a.Text(0, "prefix") is var p && s.StartsWith(p, StringComparison.Ordinal) ? s[p.Length..] : s,
        ["removesuffix"] = (_, s, a) => a.Text(0, "suffix") is var p && s.EndsWith(p, StringComparison.Ordinal) ? s[..^p.Length] : s,
        ["find"] = (_, s, a) => Find(s, a, last: false),
        ["rfind"] = (_, s, a) => Find(s, a, last: true),
        ["index"] = (_, s, a) => Found(Find(s, a, last: false)),
        ["rindex"] = (_, s, a) => Found(Find(s, a, last: true)),
        ["count"] = (_, s, a) => Count(Part(s, a), a.Text(0, "sub")),
        ["partition"] = (_, s, a) => Partition(s, Separator(a), last: false),
        ["rpartition"] = (_, s, a) => Partition(s, Separator(a), last: true),
        ["ljust"] = (r, s, a) => Pad(r, s, a, (_, free) => 0),
        ["rjust"] = (r, s, a) => Pad(r, s, a, (_, free) => free),
        ["center"] = (r, s, a) => Pad(r, s, a, (width, free) => (free / 2) + (free & width & 1)),
        ["translate"] = (r, s, a) => Translate(r, s, a.Require(0, "table")),
        ["zfill"] = (r, s, a) => ZeroFill(r, s, a.Whole(0, "width", 0)),
        ["expandtabs"] = (r, s, a) => r.Budget.Text(s.Replace("\t", new string(' ', (int)Math.Clamp(a.Whole(0, "tabsize", 8), 0, 100)))),
        ["encode"] = (_, s, _) => new Bytes(Encoding.UTF8.GetBytes(s)),
        ["format"] = (r, s, a) => BraceFormat.Format(s, a.Positional, a.Named, r),
        ["format_map"] = (r, s, a) => BraceFormat.Format(s, [], (a.Require(0, "mapping") as PyDict)?.Entries.Where(e => e.Key is string).ToDictionary(e => (string)e.Key!, e => e.Value) ?? [], r),
        ["isalpha"] = (_, s, a) => Every(a, s, p => Letter(CaseMapping.Category(p))),
        ["isdigit"] = (_, s, a) => Every(a, s, p => CaseMapping.Category(p) == UnicodeCategory.DecimalDigitNumber || CharUnicodeInfo.GetDigitValue(p, 0) >= 0),
        ["isdecimal"] = (_, s, a) => Every(a, s, p => CaseMapping.Category(p) == UnicodeCategory.DecimalDigitNumber),
        ["isnumeric"] = (_, s, a) => Every(a, s, p => CharUnicodeInfo.GetNumericValue(p, 0) >= 0),
        ["isalnum"] = (_, s, a) => Every(a, s, p => Letter(CaseMapping.Category(p)) || CharUnicodeInfo.GetNumericValue(p, 0) >= 0),
        ["isspace"] = (_, s, a) => Every(a, s, p => CodePoints.IsSpace(p[0])),
        ["isupper"] = (_, s, a) => Plain(a, IsCase(s, lower: false)),
        ["islower"] = (_, s, a) => Plain(a, IsCase(s, lower: true)),
        ["istitle"] = (_, s, a) => Plain(a, CodePoints.Split(s).Any(CaseMapping.IsCased) && CaseMapping.Title(s) == s),
        ["isascii"] = (_, s, a) => Plain(a, s.All(char.IsAscii)),
        ["isprintable"] = (_, s, a) => Plain(a, s.EnumerateRunes().All(Strings.IsPrintable)),
        ["isidentifier"] = (_, s, a) => Plain(a, s.Length > 0 && (s[0] == '_' || char.IsLetter(s[0])) && s.All(c => c == '_' || char.IsLetterOrDigit(c))),
    };

    public static bool IsCase(string text, bool lower)
    {
        var cased = CodePoints.Split(text).Where(CaseMapping.IsCased).ToList();
        return cased.Count > 0 && cased.All(p => CaseMapping.Category(p) == (lower ? UnicodeCategory.LowercaseLetter : UnicodeCategory.UppercaseLetter));
    }

    public static List<string> SplitLines(string text, bool keepEnds = false)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && text[end] is not ('\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029')) end++;
            var next = end + 1 < text.Length && text[end] == '\r' && text[end + 1] == '\n' ? end + 2 : Math.Min(end + 1, text.Length);
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }
        return lines;
    }

    public static string Replace(JinjaRuntime runtime, string text, string old, string with, long count)
    {
        if (count == 0 || (old.Length == 0 && count < 0 && with.Length == 0))
            return text;
        var result = new StringBuilder();
        var at = 0;
        if (old.Length == 0)
        {
            foreach (var part in CodePoints.Split(text).Append(""))
            {
                if (count-- != 0)
                    Add(with);
                Add(part);
                count = Math.Max(count, -1);
            }
            return result.ToString();
        }
        for (var next = text.IndexOf(old, StringComparison.Ordinal); next >= 0 && count != 0; next = text.IndexOf(old, at, StringComparison.Ordinal))
        {
            Add(text[at..next]);
            Add(with);
            at = next + old.Length;
            if (count > 0) count--;
        }
        return result.Append(text, at, text.Length - at).ToString();

        void Add(string part)
        {
            runtime.Budget.Characters(part.Length);
            result.Append(part);
        }
    }

    private static object? Plain(Arguments arguments, object? result) => Done(arguments, result);

    private static object? Done(Arguments arguments, object? result)
    {
        arguments.End();
        return result;
    }

    private static object? Every(Arguments arguments, string text, Func<string, bool> test) => Done(arguments, text.Length > 0 && CodePoints.Split(text).All(test));

    private static bool Letter(UnicodeCategory category) => category <= UnicodeCategory.OtherLetter;

    private static string? Characters(Arguments arguments) => arguments.Get(0, "chars", null) is null ? null : arguments.Text(0, "chars");

    private static string Separator(Arguments arguments) => arguments.Text(0, "sep") is { Length: > 0 } separator ? separator : throw JinjaError.Python("empty separator");

    private static PyList List(JinjaRuntime runtime, IReadOnlyList<string> parts)
    {
        runtime.Budget.Elements(parts.Count);
        return Counted(runtime, parts);
    }

    private static PyList Counted(JinjaRuntime runtime, IReadOnlyList<string> parts)
    {
        runtime.Budget.Characters(parts.Sum(p => (long)p.Length));
        return new PyList([.. parts]);
    }

    private static PyList Split(JinjaRuntime runtime, string text, Arguments arguments, bool fromRight)
    {
        var most = arguments.Whole(1, "maxsplit", -1);
        var separator = arguments.Get(0, "sep", null) is null ? null : Separator(arguments);
        arguments.End();
        var parts = new List<string>();
        if (fromRight)
        {
            var end = text.Length;
            while (most != 0 && Last(end) is var (at, length, tail) && at >= 0)
            {
                runtime.Budget.Elements(1);
                parts.Add(text[(at + length)..tail]);
                end = at;
                if (most > 0) most--;
            }
            var rest = separator is null ? CodePoints.TrimEnd(text[..end]) : text[..end];
            if (separator is not null || CodePoints.TrimStart(rest).Length > 0)
                parts.Add(separator is null && most != 0 ? CodePoints.TrimStart(rest) : rest);
            parts.Reverse();
            return Counted(runtime, parts);
        }
        var start = 0;
        while (true)
        {
            if (separator is null)
            {
                while (start < text.Length && CodePoints.IsSpace(text[start])) start++;
                if (start == text.Length)
                    break;
            }
            var next = most == 0 ? -1 : separator is not null ? text.IndexOf(separator, start, StringComparison.Ordinal) : NextSpace(text, start);
            if (next < 0)
            {
                parts.Add(text[start..]);
                break;
            }
            runtime.Budget.Elements(1);
            parts.Add(text[start..next]);
            start = next + (separator?.Length ?? 1);
            if (most > 0) most--;
        }
        return Counted(runtime, parts);

        (int At, int Length, int End) Last(int end)
        {
            if (separator is not null)
                return (end == 0 ? -1 : text.AsSpan(0, end).LastIndexOf(separator), separator.Length, end);
            while (end > 0 && CodePoints.IsSpace(text[end - 1])) end--;
            var at = end - 1;
            while (at >= 0 && !CodePoints.IsSpace(text[at])) at--;
            return (at, 1, end);
        }
    }

    private static int NextSpace(string text, int start)
    {
        while (start < text.Length && !CodePoints.IsSpace(text[start])) start++;
        return start < text.Length ? start : -1;
    }

    public static string Join(JinjaRuntime runtime, string separator, object? items)
    {
        var result = new StringBuilder();
        var index = 0;
        foreach (var item in Types.Iterate(items))
        {
            var text = Types.Text(item) ?? throw JinjaError.Python($"sequence item {index}: expected str instance, {Types.Name(item)} found");
            runtime.Budget.Characters(text.Length + separator.Length);
            result.Append(index++ > 0 ? separator : "").Append(text);
        }
        return result.ToString();
    }

    private static object Affix(string text, Arguments arguments, Func<string, string, bool> test)
    {
        var part = Part(text, arguments);
        return arguments.Get(0, "prefix", null) is PyTuple several
            ? several.Items.Any(i => test(part, Types.Text(i) ?? throw JinjaError.Python($"tuple for {arguments.Function} must only contain str, not {Types.Name(i)}")))
            : test(part, arguments.Text(0, "prefix"));
    }

    private static (long Start, long End) Range(string text, Arguments arguments)
    {
        long count = CodePoints.Count(text);
        var start = arguments.Get(1, "start", null) is null ? 0 : arguments.Whole(1, "start", 0);
        var end = arguments.Get(2, "end", null) is null ? count : arguments.Whole(2, "end", count);
        return (Math.Clamp(start < 0 ? start + count : start, 0, count + 1), Math.Clamp(end < 0 ? end + count : end, 0, count));
    }

    private static string Part(string text, Arguments arguments)
    {
        if (arguments.Positional.Count < 2)
            return text;
        var (start, end) = Range(text, arguments);
        return CodePoints.Substring(text, start, end);
    }

    private static object Find(string text, Arguments arguments, bool last)
    {
        var what = arguments.Text(0, "sub");
        var (start, end) = Range(text, arguments);
        if (start > end)
            return -1L;
        var part = CodePoints.Substring(text, start, end);
        var at = last ? part.AsSpan().LastIndexOf(what) : part.AsSpan().IndexOf(what);
        return at < 0 ? -1L : start + CodePoints.Count(part.AsSpan(0, at));
    }

    private static object Found(object at) => at is -1L ? throw JinjaError.Python("substring not found") : at;

    private static object Count(string text, string what)
    {
        if (what.Length == 0)
            return (long)CodePoints.Count(text) + 1;
        return (long)text.AsSpan().Count(what);
    }

    private static PyTuple Partition(string text, string separator, bool last)
    {
        var at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? PyTuple.Of(text[..at], separator, text[(at + separator.Length)..]) : last ? PyTuple.Of("", "", text) : PyTuple.Of(text, "", "");
    }

    private static string Pad(JinjaRuntime runtime, string text, Arguments arguments, Func<long, long, long> left)
    {
        var (width, fill) = (arguments.Whole(0, "width", 0), arguments.Text(1, "fillchar", " "));
        if (CodePoints.Count(fill) != 1)
            throw JinjaError.Python("The fill character must be exactly one character long");
        var free = width - CodePoints.Count(text);
        if (free <= 0)
            return text;
        runtime.Budget.Characters(free * fill.Length);
        var before = (int)left(width, free);
        return Times(fill, before) + text + Times(fill, (int)free - before);
    }

    private static string Times(string text, int count) => count <= 0 ? "" : new StringBuilder().Insert(0, text, count).ToString();

    // By code point: to another, to a text, or to nothing.
    private static string Translate(JinjaRuntime runtime, string text, object? table)
    {
        var map = table as PyDict ?? throw JinjaError.Python($"'{Types.Name(table)}' object is not supported as a table of characters");
        var result = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            runtime.Budget.Work(4);
            if (!map.TryGet((long)rune.Value, out var to))
                result.Append(rune);
            else if (to is long code)
                result.Append(code is >= 0 and <= 0x10FFFF && Rune.IsValid((int)code) ? new Rune((int)code) : throw JinjaError.Python("character mapping must be in range(0x110000)"));
            else if (to is not null)
                result.Append(runtime.Budget.Text(Types.Text(to) ?? throw JinjaError.Python("character mapping must return integer, None or str")));
        }
        return result.ToString();
    }

    private static string ZeroFill(JinjaRuntime runtime, string text, long width)
    {
        var free = width - CodePoints.Count(text);
        if (free <= 0)
            return text;
        runtime.Budget.Characters(free);
        var sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        return text[..sign] + new string('0', (int)free) + text[sign..];
    }
}
