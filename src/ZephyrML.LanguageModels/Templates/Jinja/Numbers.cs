using System.Globalization;
using System.Numerics;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Python's numbers: integers without bounds (within reason), floats, and booleans that count as 0 and 1.</summary>
internal static class Numbers
{
    private const int MaxBits = 200_000;

    public static bool Is(object? value) => value is long or double or bool or BigInteger;

    public static bool IsInt(object? value) => value is long or bool or BigInteger;

    public static object Int(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    public static BigInteger ToBig(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        BigInteger big => big,
        double number when double.IsNaN(number) => throw JinjaError.Python("cannot convert float NaN to integer"),
        double number when double.IsInfinity(number) => throw JinjaError.Python("cannot convert float infinity to integer"),
        double number => new BigInteger(number),
        _ => throw JinjaError.Python($"'{Types.Name(value)}' object cannot be interpreted as an integer"),
    };

    public static double ToDouble(object? value)
    {
        if (value is double number)
            return number;
        var result = value is long small ? small : (double)ToBig(value);
        return double.IsInfinity(result) ? throw JinjaError.Python("int too large to convert to float") : result;
    }

    public static int? Compare(object? a, object? b)
    {
        if (a is long x && b is long y)
            return x.CompareTo(y);
        if (IsInt(a) && IsInt(b))
            return ToBig(a).CompareTo(ToBig(b));
        if (a is double p && b is double q)
            return double.IsNaN(p) || double.IsNaN(q) ? null : p.CompareTo(q);
        var (number, other, sign) = a is double ? ((double)a, b, 1) : ((double)b!, a, -1);
        if (double.IsNaN(number))
            return null;
        if (double.IsInfinity(number))
            return number > 0 ? sign : -sign;
        var whole = Math.Floor(number);
        var order = new BigInteger(whole).CompareTo(ToBig(other));
        return sign * (order != 0 ? order : number > whole ? 1 : 0);
    }

    public static object Calculate(string op, object? a, object? b)
    {
        if (op == "/")
            return Divide(a, b);
        if (a is double || b is double)
            return Float(op, ToDouble(a), ToDouble(b));
        if (a is long x && b is long y)
        {
            var (result, overflow) = op switch
            {
                "+" => (x + y, ((x ^ (x + y)) & (y ^ (x + y))) < 0),
                "-" => (x - y, ((x ^ y) & (x ^ (x - y))) < 0),
                _ => (0, true),
            };
            if (!overflow)
                return result;
        }
        return Integer(op, ToBig(a), ToBig(b));
    }

    private static object Integer(string op, BigInteger a, BigInteger b)
    {
        switch (op)
        {
            case "+": return Int(a + b);
            case "-": return Int(a - b);
            case "*":
                Bound(a.GetBitLength() + b.GetBitLength());
                return Int(a * b);
            case "//" or "%":
                if (b.IsZero)
                    throw JinjaError.Python(op == "%" ? "integer modulo by zero" : "integer division or modulo by zero");
                var quotient = BigInteger.DivRem(a, b, out var rest);
                var down = !rest.IsZero && rest.Sign != b.Sign;
                return Int(op == "//" ? (down ? quotient - 1 : quotient) : down ? rest + b : rest);
            default:
                if (b.Sign < 0)
                {
                    return a.IsZero ? throw JinjaError.Python("0.0 cannot be raised to a negative power") : Math.Pow(ToDouble(Int(a)), ToDouble(Int(b)));
                }
                if (a.IsZero || a.IsOne || a == BigInteger.MinusOne)
                    return Int(b.IsZero ? 1 : a == BigInteger.MinusOne && b.IsEven ? 1 : a);
                if (b > MaxBits)
                    Bound(long.MaxValue);
                Bound(a.GetBitLength() * (long)b);
                return Int(BigInteger.Pow(a, (int)b));
        }
    }

    private static void Bound(long bits)
    {
        if (bits > MaxBits)
            throw JinjaError.Limit($"The template makes a number of more than {MaxBits} bits.");
    }

    private static object Divide(object? a, object? b)
    {
        if (b is double zero ? zero == 0 : ToBig(b).IsZero)
            throw JinjaError.Python(a is double || b is double ? "float division by zero" : "division by zero");
        return ToDouble(a) / ToDouble(b);
    }

    private static object Float(string op, double a, double b)
    {
        switch (op)
        {
            case "+": return a + b;
            case "-": return a - b;
            case "*": return a * b;
            case "**":
                if (a == 0 && b < 0)
                    throw JinjaError.Python("0.0 cannot be raised to a negative power");
                if (a < 0 && b != Math.Floor(b) && double.IsFinite(b))
                    throw JinjaError.Python("a negative number to a power that is not whole");
                var power = Math.Pow(a, b);
                return double.IsInfinity(power) && double.IsFinite(a) && double.IsFinite(b) ? throw JinjaError.Python("(34, 'Numerical result out of range')") : power;
        }
        if (b == 0)
            throw JinjaError.Python(op == "%" ? "float modulo" : "float floor division by zero");
        var rest = a % b;
        if (rest != 0 && rest < 0 != b < 0)
            rest += b;
        if (op == "%")
            return rest == 0 ? Math.CopySign(0, b) : rest;
        var quotient = (a - rest) / b;
        var floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    public static object Negate(object? value) => value is double number ? -number : Int(-ToBig(value));

    /// <summary>What int(text, radix) gives, or null where it is a ValueError.</summary>
    public static object? ParseInt(string text, int radix)
    {
        text = CodePoints.TrimEnd(CodePoints.TrimStart(text));
        var negative = text.StartsWith('-');
        if (negative || text.StartsWith('+'))
            text = text[1..];
        var prefix = text.Length > 1 && text[0] == '0' ? char.ToLowerInvariant(text[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix != 0 && (radix == prefix || radix == 0))
            (text, radix) = (text[2] == '_' ? text[3..] : text[2..], prefix);
        radix = radix == 0 ? 10 : radix;
        if (text.Length is 0 or > 4300 || text.StartsWith('_') || text.EndsWith('_') || text.Contains("__") || radix is < 2 or > 36)
            return null;
        var value = BigInteger.Zero;
        foreach (var c in text)
        {
            if (c == '_')
                continue;
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10 : 99;
            if (digit >= radix)
                return null;
            value = (value * radix) + digit;
        }
        return Int(negative ? -value : value);
    }

    /// <summary>What float(text) gives, or null where it is a ValueError.</summary>
    public static double? ParseFloat(string text)
    {
        text = CodePoints.TrimEnd(CodePoints.TrimStart(text)).ToLowerInvariant();
        switch (text.TrimStart('+', '-'))
        {
            case "inf" or "infinity" when text.Length - text.TrimStart('+', '-').Length < 2: return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            case "nan" when text.Length < 5: return double.NaN;
        }
        if (text.Length == 0 || text.StartsWith('_') || text.EndsWith('_') || text.Contains("__") || text.Any(c => !char.IsAsciiDigit(c) && c is not ('.' or 'e' or '+' or '-' or '_')))
            return null;
        return double.TryParse(text.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        if (value == 0)
            return double.IsNegative(value) ? "-0.0" : "0.0";
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        // The shortest digits that read back, wherever .NET puts the point.
        var mantissa = shortest.Split('E')[0];
        var digits = mantissa.Replace(".", "").TrimStart('0');
        digits = digits.TrimEnd('0') is { Length: > 0 } trimmed ? trimmed : "0";
        var exponent = Exponent(shortest, mantissa);
        var sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}";
        if (exponent < 0)
            return sign + "0." + new string('0', -exponent - 1) + digits;
        return sign + (digits.Length > exponent + 1 ? digits[..(exponent + 1)] + "." + digits[(exponent + 1)..] : digits.PadRight(exponent + 1, '0') + ".0");
    }

    private static int Exponent(string shortest, string mantissa)
    {
        var power = shortest.Contains('E') ? int.Parse(shortest[(shortest.IndexOf('E') + 1)..], CultureInfo.InvariantCulture) : 0;
        var point = mantissa.Contains('.') ? mantissa.IndexOf('.') : mantissa.Length;
        var first = mantissa.AsSpan().IndexOfAnyExcept('0', '.');
        return power + (first < point ? point - first - 1 : point - first);
    }

    public static string Repr(BigInteger value) => value.GetBitLength() > 14_300
        ? throw JinjaError.Python("Exceeds the limit (4300 digits) for integer string conversion")
        : value.ToString(CultureInfo.InvariantCulture);
}
