using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Filters of texts.</summary>
internal static partial class TextFilters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["capitalize"] = (r, v, a) => Same(v, CaseMapping.Capitalize(Strings.Str(v, r)), a),
        ["center"] = (r, v, a) => StringMethods.All["center"](r, Strings.Str(v, r), new Arguments("center", [a.Get(0, "width", 80L)])),
        ["e"] = (r, v, _) => new Markup(Strings.Escape(v, r)),
        ["escape"] = (r, v, _) => new Markup(Strings.Escape(v, r)),
        ["filesizeformat"] = (_, v, a) => FileSize(v, a.Flag(0, "binary")),
        ["forceescape"] = (r, v, _) => new Markup(r.Budget.Text(Strings.Escape(Strings.Str(v, r)))),
        ["format"] = Format,
        ["indent"] = Indent,
        ["lower"] = (r, v, a) => Same(v, CaseMapping.Lower(Strings.Str(v, r)), a),
        ["replace"] = (r, v, a) => StringMethods.Replace(r, Strings.Str(v, r), Strings.Str(a.Require(0, "old"), r), Strings.Str(a.Require(1, "new"), r), a.Get(2, "count", null) is null ? -1 : a.Whole(2, "count", -1)),
        ["safe"] = (r, v, _) => new Markup(Strings.Str(v, r)),
        ["string"] = (r, v, _) => v is Markup ? v : Strings.Str(v, r),
        ["striptags"] = (r, v, _) => string.Join(' ', StringMethods.SplitLines(WebUtility.HtmlDecode(StripTags(Strings.Str(v, r)))).SelectMany(l => l.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))),
        ["title"] = (r, v, a) => Same(v, Title(Strings.Str(v, r)), a),
        ["trim"] = (r, v, a) => Trim(r, v, a),
        ["truncate"] = Truncate,
        ["upper"] = (r, v, a) => Same(v, CaseMapping.Upper(Strings.Str(v, r)), a),
        ["urlencode"] = (r, v, _) => UrlEncode(v, r),
        ["urlize"] = Urlizer.Filter,
        ["wordcount"] = (r, v, _) => (long)Words().Count(Strings.Str(v, r)),
        ["wordwrap"] = WordWrap,
        ["xmlattr"] = XmlAttributes,
    };

    [GeneratedRegex(@"\w+", RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    private static object Same(object? value, string text, Arguments arguments)
    {
        arguments.End();
        return value is Markup ? new Markup(text) : text;
    }

    private static object Trim(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var characters = arguments.Get(0, "chars", null) is null ? null : arguments.Text(0, "chars");
        return Same(value, CodePoints.TrimEnd(CodePoints.TrimStart(Strings.Str(value, runtime), characters), characters), arguments);
    }

    // Words begin behind blanks, hyphens and opening brackets.
    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var end = i;
            while (end < text.Length && Breaks(text[end])) end++;
            result.Append(text, i, end - i);
            i = end;
            while (end < text.Length && !Breaks(text[end])) end++;
            var head = end == i ? i : i + (char.IsHighSurrogate(text[i]) && i + 1 < end ? 2 : 1);
            result.Append(CaseMapping.Upper(text[i..head])).Append(CaseMapping.Lower(text[head..end]));
            i = end;
        }
        return result.ToString();

        static bool Breaks(char c) => c is '-' or '(' or '{' or '[' or '<' || CodePoints.IsSpace(c);
    }

    private static object? Format(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        if (arguments.Positional.Count > 0 && arguments.Named.Count > 0)
            throw JinjaError.Python("can't handle positional and keyword arguments at the same time");
        object values = arguments.Named.Count > 0 ? PyDict.From(arguments.Named.Select(n => KeyValuePair.Create((object?)n.Key, n.Value))) : new PyTuple(arguments.Positional);
        return PercentFormat.Format(Strings.Str(value, runtime), values, runtime);
    }

    private static object? Indent(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var width = arguments.Get(0, "width", 4L);
        var (first, blank) = (arguments.Flag(1, "first"), arguments.Flag(2, "blank"));
        arguments.End();
        if (value is Undefined missing)
            throw missing.Error();
        var indention = Types.Text(width) ?? new string(' ', (int)Math.Clamp(new Arguments("indent", [width]).Whole(0, "width", 0), 0, 100_000));
        var lines = StringMethods.SplitLines((Types.Text(value) ?? throw JinjaError.Python($"unsupported operand type(s) for +=: '{Types.Name(value)}' and 'str'")) + "\n");
        var result = new StringBuilder(first ? indention : "");
        for (var i = 0; i < lines.Count; i++)
        {
            var inserted = i > 0 && (blank || lines[i].Length > 0) ? indention : "";
            runtime.Budget.Characters(inserted.Length + lines[i].Length + 1);
            result.Append(i > 0 ? "\n" : "").Append(inserted).Append(lines[i]);
        }
        return value is Markup ? new Markup(result.ToString()) : result.ToString();
    }

    private static object? Truncate(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var (length, kills) = (arguments.Whole(0, "length", 255), arguments.Flag(1, "killwords"));
        var (end, leeway) = (arguments.Text(2, "end", "..."), arguments.Get(3, "leeway", null) is null ? 5 : arguments.Whole(3, "leeway", 5));
        arguments.End();
        var text = Types.Text(value) ?? throw JinjaError.Python($"object of type '{Types.Name(value)}' has no len()");
        if (length < CodePoints.Count(end) || leeway < 0)
            throw JinjaError.Python($"expected length >= {CodePoints.Count(end)}, got {length}");
        if (CodePoints.Count(text) <= length + leeway)
            return text;
        var cut = CodePoints.Substring(text, 0, length - CodePoints.Count(end));
        return runtime.Budget.Text((kills || !cut.Contains(' ') ? cut : cut[..cut.LastIndexOf(' ')]) + end);
    }

    private static object? WordWrap(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var (width, breaks) = (arguments.Whole(0, "width", 79), arguments.Flag(1, "break_long_words", true));
        var mark = arguments.Get(2, "wrapstring", null) is null ? "\n" : arguments.Text(2, "wrapstring");
        var hyphens = arguments.Flag(3, "break_on_hyphens", true);
        arguments.End();
        if (width <= 0)
            throw JinjaError.Python($"invalid width {width} (must be > 0)");
        var result = new List<string>();
        foreach (var line in StringMethods.SplitLines(Strings.Str(value, runtime)))
        {
            runtime.Budget.Characters(line.Length + mark.Length);
            result.Add(string.Join(mark, WordWrapper.Wrap(line, width, breaks, hyphens, runtime.Budget)));
        }
        return runtime.Budget.Text(string.Join(mark, result));
    }

    private static string FileSize(object? value, bool binary)
    {
        var size = Numbers.Is(value) ? Numbers.ToDouble(value) : Numbers.ParseFloat(Types.Text(value) ?? "") ?? throw JinjaError.Python("could not convert to a float");
        var step = binary ? 1024.0 : 1000.0;
        if (size == 1)
            return "1 Byte";
        if (size < step)
            return Numbers.ToBig(size).ToString(CultureInfo.InvariantCulture) + " Bytes";
        string[] prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
        var (unit, i) = (step * step, 0);
        for (; size >= unit && i < prefixes.Length - 1; i++) unit *= step;
        if (!double.IsFinite(size))
            throw JinjaError.Python("cannot format an infinite size");
        return $"{FloatFormat.Fixed(step * size / unit, 1)} {(binary ? prefixes[i].ToUpperInvariant() + "i" : prefixes[i])}B";
    }

    private static string StripTags(string text)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            var comment = string.CompareOrdinal(text, i, "<!--", 0, 4) == 0;
            var end = text[i] != '<' ? -1 : comment ? text.IndexOf("-->", i, StringComparison.Ordinal) : text.IndexOf('>', i);
            if (end < 0)
                result.Append(text[i++]);
            else
                i = end + (comment ? 3 : 1);
        }
        return result.ToString();
    }

    private static string UrlEncode(object? value, JinjaRuntime runtime)
    {
        if (Types.Text(value) is { } text)
            return Quote(text, "/", runtime);
        if (Types.Elements(value) is null)
            return Quote(Strings.Str(value, runtime), "/", runtime);
        var pairs = value is PyDict dict ? dict.Entries.Select(e => (object?)PyTuple.Of(e.Key, e.Value)) : Types.Iterate(value);
        return string.Join('&', pairs.Select(p => Types.ToList(p, runtime) is { Count: 2 } pair
            ? Query(pair[0]) + "=" + Query(pair[1]) : throw JinjaError.Python("not enough values to unpack (expected 2)")));

        string Query(object? part) => Quote(Strings.Str(part, runtime), "", runtime).Replace("%20", "+");
    }

    private static string Quote(string text, string safe, JinjaRuntime runtime)
    {
        runtime.Budget.Characters(text.Length * 3L);
        var result = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(text))
            _ = char.IsAsciiLetterOrDigit((char)b) || "_.-~".Contains((char)b) || safe.Contains((char)b) ? result.Append((char)b) : result.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        return result.ToString();
    }

    private static object? XmlAttributes(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var autospace = arguments.Flag(0, "autospace", true);
        var dict = value as PyDict ?? throw (value as Undefined)?.Error() ?? JinjaError.Python($"'{Types.Name(value)}' object has no attribute 'items'");
        var items = new List<string>();
        foreach (var (key, item) in dict.Entries.Where(e => e.Value is not (null or Undefined)))
        {
            var name = Types.Text(key) ?? throw JinjaError.Python("expected string or bytes-like object");
            if (name.Any(c => CodePoints.IsSpace(c) || c is '/' or '>' or '='))
                throw JinjaError.Python($"Invalid character in attribute name: {Strings.Repr(name)}");
            items.Add($"{Strings.Escape(name)}=\"{Strings.Escape(item, runtime)}\"");
        }
        return runtime.Budget.Text((autospace && items.Count > 0 ? " " : "") + string.Join(' ', items));
    }
}
