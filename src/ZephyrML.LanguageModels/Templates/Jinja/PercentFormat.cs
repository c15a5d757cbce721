using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>"..." % values.</summary>
internal static class PercentFormat
{
    public static string Format(string format, object? values, JinjaRuntime runtime)
    {
        var result = new StringBuilder();
        var list = (values as PyTuple)?.Items ?? [values];
        var next = 0;
        var keyed = false;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }
            i++;
            object? value = null;
            var named = false;
            if (i < format.Length && format[i] == '(')
            {
                var end = format.IndexOf(')', i);
                if (end < 0 || values is not PyDict dict)
                    throw JinjaError.Python(end < 0 ? "incomplete format key" : "format requires a mapping");
                if (!dict.TryGet(format[(i + 1)..end], out value))
                    throw JinjaError.Python($"KeyError: {Strings.Repr(format[(i + 1)..end])}");
                named = keyed = true;
                i = end + 1;
            }
            var spec = new FormatSpec { Align = '>' };
            for (; i < format.Length && "-+ #0".Contains(format[i]); i++)
            {
                switch (format[i])
                {
                    case '-': (spec.Align, spec.Fill) = ('<', ' '); break;
                    case '0' when spec.Align != '<': (spec.Align, spec.Fill) = ('=', '0'); break;
                    case '#': spec.Alternate = true; break;
                    case '+': spec.Sign = '+'; break;
                    case ' ' when spec.Sign != '+': spec.Sign = ' '; break;
                }
            }
            spec.Width = Number() ?? 0;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                spec.Precision = Number() ?? 0;
            }
            if (i >= format.Length)
                throw JinjaError.Python("incomplete format");
            var text = format[i] == '%' ? "%" : One(format[i], named ? value : Take(), spec, runtime);
            runtime.Budget.Characters(text.Length);
            result.Append(text);

            int? Number()
            {
                if (i < format.Length && format[i] == '*')
                {
                    i++;
                    var size = Numbers.IsInt(Take() is var given ? given : null) ? Numbers.ToBig(given) : throw JinjaError.Python("* wants int");
                    return size < 0 || size > 1_000_000 ? throw JinjaError.Limit("A format asks for too wide a field.") : (int)size;
                }
                var start = i;
                while (i < format.Length && char.IsAsciiDigit(format[i])) i++;
                return i == start ? null : i - start < 8 ? int.Parse(format.AsSpan(start, i - start), CultureInfo.InvariantCulture) : throw JinjaError.Limit("A format asks for too wide a field.");
            }
        }
        if (!keyed && next < list.Count && values is not PyDict)
            throw JinjaError.Python("not all arguments converted during string formatting");
        return result.ToString();

        object? Take() => next < list.Count ? list[next++] : throw JinjaError.Python("not enough arguments for format string");
    }

    private static string One(char type, object? value, FormatSpec spec, JinjaRuntime runtime)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                spec.Align = spec.Align == '<' ? '<' : '>';
                spec.Fill = ' ';
                return spec.Apply(type == 's' ? Strings.Str(value, runtime) : Strings.Repr(value, runtime), runtime);
            case 'c':
                return new FormatSpec { Width = spec.Width, Align = spec.Align == '<' ? '<' : '>', Type = Types.Text(value) is null ? 'c' : null }.Apply(value, runtime);
        }
        if (value is Undefined missing)
            throw missing.Error();
        if (!Numbers.Is(value))
            throw JinjaError.Python(type is 'd' or 'i' or 'u' ? $"%{type} format: a real number is required, not {Types.Name(value)}"
                : type is 'x' or 'X' or 'o' ? $"%{type} format: an integer is required, not {Types.Name(value)}" : $"must be real number, not {Types.Name(value)}");
        if (type is 'd' or 'i' or 'u' or 'x' or 'X' or 'o')
        {
            if (value is double && type is 'x' or 'X' or 'o' && value is double)
                throw JinjaError.Python($"%{type} format: an integer is required, not float");
            spec.Type = type is 'i' or 'u' ? 'd' : type;
            var least = spec.Precision ?? 0;
            spec.Precision = null;
            var whole = Numbers.Int(Numbers.ToBig(value));
            if (least == 0)
                return spec.Apply(whole, runtime);
            var (width, align) = (spec.Width, spec.Align);
            (spec.Width, spec.Fill, spec.Align) = (least + (Numbers.ToBig(whole).Sign < 0 ? 1 : 0), '0', '=');
            var digits = spec.Apply(whole, runtime);
            return new FormatSpec { Width = width, Align = align == '<' ? '<' : '>' }.Apply(digits, runtime);
        }
        spec.Type = type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' ? type : throw JinjaError.Python($"unsupported format character '{type}' (0x{(int)type:x})");
        return spec.Apply(Numbers.ToDouble(value), runtime);
    }
}
