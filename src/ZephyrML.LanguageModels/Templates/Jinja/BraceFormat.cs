using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>str.format, with attributes looked up through the sandbox.</summary>
internal sealed class BraceFormat(IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named, JinjaRuntime runtime)
{
    private int automatic;

    public static string Format(string format, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named, JinjaRuntime runtime)
        => new BraceFormat(positional, named, runtime).Run(format, 2);

    private string Run(string format, int depth)
    {
        if (depth == 0)
            throw JinjaError.Python("Max string recursion exceeded");
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            var c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                result.Append(c);
                i++;
            }
            else if (c == '}')
            {
                throw JinjaError.Python("Single '}' encountered in format string");
            }
            else if (c == '{')
            {
                var (end, level) = (i + 1, 1);
                for (; end < format.Length && level > 0; end++)
                    level += format[end] == '{' ? 1 : format[end] == '}' ? -1 : 0;
                if (level > 0)
                    throw JinjaError.Python(i + 1 == format.Length ? "Single '{' encountered in format string" : "expected '}' before end of string");
                var text = Field(format[(i + 1)..(end - 1)], depth);
                runtime.Budget.Characters(text.Length);
                result.Append(text);
                i = end - 1;
            }
            else
            {
                result.Append(c);
            }
        }
        return result.ToString();
    }

    private string Field(string field, int depth)
    {
        var cut = 0;
        for (var bracket = false; cut < field.Length && (bracket || field[cut] is not ('!' or ':')); cut++)
            bracket = field[cut] == '[' || (bracket && field[cut] != ']');
        var value = Value(field[..cut]);
        if (cut < field.Length && field[cut] == '!')
        {
            if (cut + 1 >= field.Length || (cut + 2 < field.Length && field[cut + 2] != ':'))
                throw JinjaError.Python("expected ':' after conversion specifier");
            value = field[cut + 1] switch
            {
                's' => Strings.Str(value, runtime),
                'r' or 'a' => Strings.Repr(value, runtime),
                var other => throw JinjaError.Python($"Unknown conversion specifier {other}"),
            };
            cut += 2;
        }
        var spec = cut < field.Length ? Run(field[(cut + 1)..], depth - 1) : "";
        return spec.Length == 0 ? Strings.Str(value, runtime) : FormatSpec.Parse(spec).Apply(value, runtime);
    }

    private object? Value(string path)
    {
        var end = path.AsSpan().IndexOfAny('.', '[');
        var first = end < 0 ? path : path[..end];
        if (first.Length == 0)
            first = automatic++.ToString(CultureInfo.InvariantCulture);
        object? value;
        if (first.All(char.IsAsciiDigit))
        {
            if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= positional.Count)
                throw JinjaError.Python($"Replacement index {first} out of range for positional args tuple");
            value = positional[index];
        }
        else if (!named.TryGetValue(first, out value))
        {
            throw JinjaError.Python($"KeyError: {Strings.Repr(first)}");
        }
        for (var i = end < 0 ? path.Length : end; i < path.Length;)
        {
            if (path[i] == '[')
            {
                var close = path.IndexOf(']', i);
                if (close < 0)
                    throw JinjaError.Python("Missing ']' in format string");
                var key = path[(i + 1)..close];
                value = Attributes.Item(value, key.Length > 0 && key.All(char.IsAsciiDigit) && long.TryParse(key, CultureInfo.InvariantCulture, out var number) ? number : key, runtime);
                i = close + 1;
            }
            else
            {
                var next = path.AsSpan(i + 1).IndexOfAny('.', '[');
                var stop = next < 0 ? path.Length : i + 1 + next;
                if (path[i] != '.' || stop == i + 1)
                    throw JinjaError.Python("Empty attribute in format string");
                value = Attributes.Get(value, path[(i + 1)..stop], runtime);
                i = stop;
            }
        }
        return value;
    }
}
