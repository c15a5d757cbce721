using System.Globalization;
using System.Numerics;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Python's format specification: fill, align, sign, #, 0, width, grouping, precision, type.</summary>
internal sealed class FormatSpec
{
    public char Fill { get; set; } = ' ';

    public char? Align { get; set; }

    public char Sign { get; set; } = '-';

    public bool Alternate { get; set; }

    public int Width { get; set; }

    public char? Grouping { get; set; }

    public int? Precision { get; set; }

    public char? Type { get; set; }

    public static FormatSpec Parse(string spec)
    {
        var result = new FormatSpec();
        var parts = CodePoints.Split(spec);
        var i = 0;
        bool Next(string set) => i < parts.Count && set.Contains(parts[i], StringComparison.Ordinal);
        if (parts.Count > 1 && parts[0].Length == 1 && "<>=^".Contains(parts[1], StringComparison.Ordinal))
            (result.Fill, result.Align, i) = (parts[0][0], parts[1][0], 2);
        else if (Next("<>=^"))
            result.Align = parts[i++][0];
        if (Next("+- ")) result.Sign = parts[i++][0];
        if (Next("#"))
        {
            result.Alternate = true;
            i++;
        }
        if (Next("0"))
        {
            i++;
            if (result.Align is null)
                (result.Fill, result.Align) = ('0', '=');
        }
        result.Width = Whole() ?? 0;
        if (Next(",_")) result.Grouping = parts[i++][0];
        if (Next("."))
        {
            i++;
            result.Precision = Whole() ?? throw JinjaError.Python("Format specifier missing precision");
        }
        if (i < parts.Count) result.Type = parts[i++][0];
        return i == parts.Count ? result : throw JinjaError.Python("Invalid format specifier");

        int? Whole()
        {
            var start = i;
            while (i < parts.Count && char.IsAsciiDigit(parts[i][0])) i++;
            if (i == start)
                return null;
            return i - start < 8 ? int.Parse(string.Concat(parts[start..i]), CultureInfo.InvariantCulture) : throw JinjaError.Python("Too many decimal digits in format string");
        }
    }

    public string Apply(object? value, JinjaRuntime runtime)
    {
        runtime.Budget.Characters(Width);
        if (Precision > 1000 && Numbers.Is(value))
            throw JinjaError.Limit("A format asks for more than 1000 digits.");
        return value switch
        {
            double number => Number(number < 0 || (number == 0 && double.IsNegative(number)), Float(number)),
            bool when Type is null or 's' => Pad(Cut(Strings.Str(value, runtime)), '<'),
            long or BigInteger or bool when Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%' => Number(Numbers.ToBig(value).Sign < 0, Float(Numbers.ToDouble(value))),
            long or BigInteger or bool => Number(Numbers.ToBig(value).Sign < 0, Whole(BigInteger.Abs(Numbers.ToBig(value)))),
            _ when Types.Text(value) is { } text => Type is null or 's' ? Pad(Cut(text), '<') : throw Unknown(value),
            Undefined missing => throw missing.Error(),
            _ => Width == 0 && Type is null && Align is null ? Strings.Str(value, runtime) : throw JinjaError.Python($"unsupported format string passed to {Types.Name(value)}.__format__"),
        };
    }

    private string Cut(string text) => Precision is { } most && CodePoints.Count(text) > most ? CodePoints.Substring(text, 0, most) : text;

    private string Pad(string text, char align)
    {
        var free = Width - CodePoints.Count(text);
        if (free <= 0)
            return text;
        var left = (Align ?? align) switch { '<' => 0, '^' => free / 2, _ => free };
        return new string(Fill, left) + text + new string(Fill, free - left);
    }

    private string Number(bool negative, string digits)
    {
        var sign = negative ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "";
        if (Align == '=')
            return sign + digits.PadLeft(Math.Max(0, Width - sign.Length), Fill);
        return Pad(sign + digits, '>');
    }

    private string Float(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : "inf";
        var text = Type switch
        {
            'e' or 'E' => FloatFormat.Exponent(value, Precision ?? 6),
            'f' or 'F' => FloatFormat.Fixed(value, Precision ?? 6),
            'g' or 'G' or 'n' => FloatFormat.General(value, Precision ?? 6, Alternate),
            '%' => FloatFormat.Fixed(value * 100, Precision ?? 6) + "%",
            null when Precision is { } digits => FloatFormat.General(value, digits, false) is var general && general.AsSpan().IndexOfAny(".en") < 0 ? general + ".0" : FloatFormat.General(value, digits, false),
            null => Numbers.Repr(Math.Abs(value)),
            _ => throw Unknown(value),
        };
        return Group(Type is 'E' or 'G' ? text.ToUpperInvariant() : text, 3);
    }

    private string Whole(BigInteger value) => Type switch
    {
        null or 'd' or 'n' => Group(Numbers.Repr(value), 3),
        'x' => Group((Alternate ? "0x" : "") + Radix(value, 16), 4),
        'X' => Group((Alternate ? "0X" : "") + Radix(value, 16).ToUpperInvariant(), 4),
        'o' => Group((Alternate ? "0o" : "") + Radix(value, 8), 4),
        'b' => Group((Alternate ? "0b" : "") + Radix(value, 2), 4),
        'c' when value < 0x110000 && (value < 0xD800 || value > 0xDFFF) => char.ConvertFromUtf32((int)value),
        _ => throw Unknown(value),
    };

    private string Group(string text, int size)
    {
        if (Grouping is not { } mark)
            return text;
        var end = text.AsSpan().IndexOfAnyExcept("0123456789");
        end = end < 0 ? text.Length : end;
        for (var i = end - size; i > 0; i -= size)
            text = text.Insert(i, mark.ToString());
        return text;
    }

    public static string Radix(BigInteger value, int radix)
    {
        if (value.IsZero)
            return "0";
        if (value.GetBitLength() > 14_300)
            throw JinjaError.Limit("A number is too long to be written out.");
        var digits = new List<char>();
        for (; !value.IsZero; value /= radix)
            digits.Add("0123456789abcdef"[(int)(value % radix)]);
        digits.Reverse();
        return string.Concat(digits);
    }

    private JinjaError Unknown(object? value) => JinjaError.Python($"Unknown format code '{Type}' for object of type '{Types.Name(value)}'");
}
