using System.Globalization;
using System.Numerics;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Python's str and repr.</summary>
internal static class Strings
{
    public static string Str(object? value, JinjaRuntime runtime) => value switch
    {
        string text => text,
        Markup markup => markup.Text,
        Undefined => "",
        _ => Repr(value, runtime),
    };

    public static string Repr(object? value, JinjaRuntime runtime)
    {
        switch (value)
        {
            case long number: return number.ToString(CultureInfo.InvariantCulture);
            case bool flag: return flag ? "True" : "False";
            case null: return "None";
        }
        var text = new StringBuilder();
        Write(text, value, runtime);
        return runtime.Budget.Text(text.ToString());
    }

    private static void Write(StringBuilder to, object? value, JinjaRuntime runtime)
    {
        runtime.Budget.Step();
        runtime.Budget.Output(to.Length);
        switch (value)
        {
            case null: to.Append("None"); break;
            case bool flag: to.Append(flag ? "True" : "False"); break;
            case long number: to.Append(number.ToString(CultureInfo.InvariantCulture)); break;
            case BigInteger number: to.Append(Numbers.Repr(number)); break;
            case double number: to.Append(Numbers.Repr(number)); break;
            case string text: to.Append(Repr(text)); break;
            case Markup markup: to.Append("Markup(").Append(Repr(markup.Text)).Append(')'); break;
            case Bytes bytes: to.Append(Repr(bytes)); break;
            case PyTuple { Items.Count: 1 } one:
                to.Append('(');
                Write(to, one.Items[0], runtime);
                to.Append(",)");
                break;
            case PyTuple tuple: WriteAll(to, tuple.Items, "(", ")", runtime); break;
            case PyList list: WriteAll(to, list.Items, "[", "]", runtime); break;
            case DictView view: WriteAll(to, view.Items(), view.TypeName + "([", "])", runtime); break;
            case PyDict dict: Write(to, dict, runtime); break;
            case PyRange range: to.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}{(range.Step == 1 ? "" : $", {range.Step}")})"); break;
            case Undefined: to.Append("Undefined"); break;
            case PyIterator iterator: to.Append('<').Append(iterator.TypeName).Append(" object>"); break;
            case PyNamespace space:
                to.Append("<Namespace ");
                Write(to, space.Attributes, runtime);
                to.Append('>');
                break;
            case PyObject other: to.Append(other.Repr()); break;
            default: throw JinjaError.Python($"a value of the type {value.GetType().Name} cannot be printed");
        }
    }

    private static void Write(StringBuilder to, PyDict dict, JinjaRuntime runtime)
    {
        to.Append('{');
        var separator = "";
        foreach (var (key, value) in dict.Entries)
        {
            to.Append(separator);
            Write(to, key, runtime);
            to.Append(": ");
            Write(to, value, runtime);
            separator = ", ";
        }
        to.Append('}');
    }

    private static void WriteAll(StringBuilder to, IEnumerable<object?> items, string open, string close, JinjaRuntime runtime)
    {
        to.Append(open);
        var separator = "";
        foreach (var item in items)
        {
            to.Append(separator);
            Write(to, item, runtime);
            separator = ", ";
        }
        to.Append(close);
    }

    public static string Repr(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var result = new StringBuilder(text.Length + 2).Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote || c == '\\')
                result.Append('\\').Append(c);
            else if (c is >= ' ' and < '\x7f')
                result.Append(c);
            else if (c == '\n')
                result.Append("\\n");
            else if (c == '\r')
                result.Append("\\r");
            else if (c == '\t')
                result.Append("\\t");
            else if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                if (IsPrintable(rune))
                    result.Append(rune.ToString());
                else
                    result.Append(rune.Value < 0x100 ? $"\\x{rune.Value:x2}" : rune.Value < 0x10000 ? $"\\u{rune.Value:x4}" : $"\\U{rune.Value:x8}");
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
        }
        return result.Append(quote).ToString();
    }

    private static string Repr(Bytes bytes)
    {
        var text = new StringBuilder("b'");
        foreach (var b in bytes.Content)
        {
            text.Append(b switch
            {
                (byte)'\'' or (byte)'\\' => "\\" + (char)b,
                (byte)'\n' => "\\n",
                (byte)'\r' => "\\r",
                (byte)'\t' => "\\t",
                >= 0x20 and < 0x7f => ((char)b).ToString(),
                _ => $"\\x{b:x2}",
            });
        }
        return text.Append('\'').ToString();
    }

    public static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    public static string Escape(string text) => text.Replace("&", "&amp;").Replace(">", "&gt;").Replace("<", "&lt;").Replace("'", "&#39;").Replace("\"", "&#34;");

    /// <summary>What markupsafe's escape gives: safe text as it is, all else escaped.</summary>
    public static string Escape(object? value, JinjaRuntime runtime) => value is Markup markup ? markup.Text : runtime.Budget.Text(Escape(Str(value, runtime)));
}
