using System.Globalization;
using System.Numerics;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>transformers' tojson: json.dumps, with non-ASCII left as it is unless told otherwise.</summary>
internal sealed class JsonText(JinjaRuntime runtime, bool ascii, string? indent, string comma, string colon, bool sorts)
{
    private readonly StringBuilder text = new();

    public static object? Filter(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var ascii = arguments.Flag(0, "ensure_ascii");
        var indent = arguments.Get(1, "indent", null);
        var separators = arguments.Get(2, "separators", null);
        var sorts = arguments.Flag(3, "sort_keys");
        arguments.End();
        var step = indent switch
        {
            null => null,
            _ when Types.Text(indent) is { } given => given,
            _ when Numbers.IsInt(indent) => new string(' ', (int)BigInteger.Clamp(Numbers.ToBig(indent), 0, 1000)),
            _ => throw JinjaError.Python($"can't multiply sequence by non-int of type '{Types.Name(indent)}'"),
        };
        var (comma, colon) = (step is null ? ", " : ",", ": ");
        if (separators is not null)
        {
            var pair = Types.ToList(separators, runtime);
            if (pair.Count != 2 || Types.Text(pair[0]) is null || Types.Text(pair[1]) is null)
                throw JinjaError.Python("separators must be two strings");
            (comma, colon) = (Types.Text(pair[0])!, Types.Text(pair[1])!);
        }
        var json = new JsonText(runtime, ascii, step, comma, colon, sorts);
        json.Write(value, 0);
        return runtime.Budget.Text(json.text.ToString());
    }

    private void Write(object? value, int depth)
    {
        runtime.Budget.Step();
        runtime.Budget.Output(text.Length);
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool flag: text.Append(flag ? "true" : "false"); break;
            case long number: text.Append(number.ToString(CultureInfo.InvariantCulture)); break;
            case BigInteger number: text.Append(Numbers.Repr(number)); break;
            case double number: text.Append(Float(number)); break;
            case string or Markup: Quote(Types.Text(value)!); break;
            case PySequence list: All('[', ']', list.Items, item => Write(item, depth + 1), depth); break;
            case PyDict dict: All('{', '}', Sorted(dict), e => Entry(e, depth), depth); break;
            default: throw JinjaError.Python($"Object of type {Types.Name(value)} is not JSON serializable");
        }
    }

    private IEnumerable<KeyValuePair<object?, object?>> Sorted(PyDict dict)
    {
        if (!sorts)
            return dict.Entries;
        var keys = Compare.Sort([.. dict.Entries.Select(e => e.Key)], k => k, false, runtime);
        return keys.Select(k => KeyValuePair.Create(k, dict.TryGet(k, out var value) ? value : null));
    }

    private void Entry(KeyValuePair<object?, object?> entry, int depth)
    {
        Quote(entry.Key switch
        {
            null => "null",
            bool flag => flag ? "true" : "false",
            double number => Float(number),
            _ when Numbers.IsInt(entry.Key) => Numbers.Repr(Numbers.ToBig(entry.Key)),
            _ => Types.Text(entry.Key) ?? throw JinjaError.Python($"keys must be str, int, float, bool or None, not {Types.Name(entry.Key)}"),
        });
        text.Append(colon);
        Write(entry.Value, depth + 1);
    }

    private void All<T>(char open, char close, IEnumerable<T> items, Action<T> write, int depth)
    {
        text.Append(open);
        var any = false;
        foreach (var item in items)
        {
            if (any)
                text.Append(comma);
            any = true;
            Line(depth + 1);
            write(item);
        }
        if (any)
            Line(depth);
        text.Append(close);
    }

    private void Line(int depth)
    {
        if (indent is null)
            return;
        runtime.Budget.Characters((long)indent.Length * depth);
        text.Append('\n');
        for (var i = 0; i < depth; i++)
            text.Append(indent);
    }

    private void Quote(string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                > '~' when ascii => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }

    private static string Float(double value) => double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? value > 0 ? "Infinity" : "-Infinity" : Numbers.Repr(value);
}
