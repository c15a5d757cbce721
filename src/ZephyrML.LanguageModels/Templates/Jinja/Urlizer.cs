using System.Text;
using System.Text.RegularExpressions;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>The filter urlize: words that look like addresses become links.</summary>
internal static partial class Urlizer
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    [GeneratedRegex(@"^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)|"
        + @"(https?://)((([\d]{1,3})(\.[\d]{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\])))(?::[\d]{1,5})?(?:[/?#]\S*)?$", Options)]
    private static partial Regex Web();

    [GeneratedRegex(@"^\S+@\w[\w.-]*\.\w+$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Mail();

    [GeneratedRegex(@"^[\w.+-]{2,}:(/){0,2}$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    public static object? Filter(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var limit = arguments.Get(0, "trim_url_limit", null) is null ? long.MaxValue : arguments.Whole(0, "trim_url_limit", 0);
        var (nofollow, target, rel, more) = (arguments.Flag(1, "nofollow"), arguments.Get(2, "target", null), arguments.Get(3, "rel", null), arguments.Get(4, "extra_schemes", null));
        arguments.End();
        string[] schemes = more is null ? [] : [.. Types.ToList(more, runtime).Select(s => Strings.Str(s, runtime))];
        if (schemes.FirstOrDefault(s => !Scheme().IsMatch(s)) is { } wrong)
            throw new JinjaError(JinjaErrorKind.Runtime, $"{Strings.Repr(wrong)} is not a valid URI scheme prefix.");
        var rels = (rel is null ? "" : Strings.Str(rel, runtime)).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        if (nofollow)
            rels.Add("nofollow");
        rels.Add("noopener");
        var relation = $" rel=\"{Strings.Escape(string.Join(' ', rels.Order(StringComparer.Ordinal)))}\"";
        var window = target is null ? "" : $" target=\"{Strings.Escape(Strings.Str(target, runtime))}\"";
        var text = Strings.Escape(Strings.Str(value, runtime));
        runtime.Budget.Work(text.Length * 4L);
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            // Blanks stay as they are.
            var end = at;
            var blank = CodePoints.IsSpace(text[at]);
            while (end < text.Length && CodePoints.IsSpace(text[end]) == blank)
                end++;
            var part = text[at..end];
            result.Append(blank ? part : Word(part, limit, relation, window, schemes));
            at = end;
            runtime.Budget.Work(16);
        }
        var made = runtime.Budget.Text(result.ToString());
        return runtime.Escapes ? new Markup(made) : made;
    }

    private static string Word(string word, long limit, string relation, string window, string[] schemes)
    {
        var (head, middle, tail) = Trimmed(word);
        if (Web().IsMatch(middle))
        {
            var full = middle.StartsWith("https://", StringComparison.Ordinal) || middle.StartsWith("http://", StringComparison.Ordinal);
            middle = $"<a href=\"{(full ? "" : "https://")}{middle}\"{relation}{window}>{Shown(middle)}</a>";
        }
        else if (middle.StartsWith("mailto:", StringComparison.Ordinal) && Mail().IsMatch(middle[7..]))
            middle = $"<a href=\"{middle}\">{middle[7..]}</a>";
        else if (middle.Contains('@') && !middle.StartsWith("www.", StringComparison.Ordinal) && middle[0] != '@' && !middle.Contains(':') && Mail().IsMatch(middle))
            middle = $"<a href=\"mailto:{middle}\">{middle}</a>";
        else
        {
            foreach (var scheme in schemes)
            {
                if (middle != scheme && middle.StartsWith(scheme, StringComparison.Ordinal))
                    middle = $"<a href=\"{middle}\"{relation}{window}>{middle}</a>";
            }
        }
        return head + middle + tail;

        string Shown(string address) => CodePoints.Count(address) > limit ? CodePoints.Substring(address, 0, limit) + "..." : address;
    }

    // Brackets before and punctuation behind are no part of an address; brackets that are closed within it are.
    private static (string Head, string Middle, string Tail) Trimmed(string word)
    {
        var start = 0;
        while (Starts("(") || Starts("<") || Starts("&lt;"))
            start += word[start] == '&' ? 4 : 1;
        var end = word.Length;
        while (end > start && Ends() is var length and > 0)
            end -= length;
        var (head, middle, tail) = (word[..start], word[start..end], word[end..]);
        foreach (var (open, close) in new[] { ("(", ")"), ("<", ">"), ("&lt;", "&gt;") })
        {
            var opened = Count(middle, open);
            if (opened <= Count(middle, close))
                continue;
            var cut = 0;
            for (var i = 0; i < opened && tail.IndexOf(close, cut, StringComparison.Ordinal) is var at and >= 0; i++)
                cut = at + close.Length;
            (middle, tail) = (middle + tail[..cut], tail[cut..]);
        }
        return (head, middle, tail);

        bool Starts(string text) => string.CompareOrdinal(word, start, text, 0, text.Length) == 0;

        int Ends()
        {
            foreach (var text in new[] { ")", ">", ".", ",", "\n", "&gt;" })
            {
                if (end - start >= text.Length && string.CompareOrdinal(word, end - text.Length, text, 0, text.Length) == 0)
                    return text.Length;
            }
            return 0;
        }
    }

    private static int Count(string text, string part)
    {
        var count = 0;
        for (var at = 0; (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
            count++;
        return count;
    }
}
