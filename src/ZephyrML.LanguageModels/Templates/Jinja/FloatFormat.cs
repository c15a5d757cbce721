using System.Globalization;
using System.Numerics;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Floats as e, f and g write them: rounded from the exact value, half to even.</summary>
internal static class FloatFormat
{
    /// <summary>Rounds to so many digits behind the point (before it, if negative).</summary>
    public static double Round(double value, long digits)
    {
        if (!double.IsFinite(value) || digits > 400)
            return value;
        if (digits < -400)
            return Math.CopySign(0, value);
        var text = Scaled(Math.Abs(value), (int)digits).ToString(CultureInfo.InvariantCulture) + "e" + (-digits).ToString(CultureInfo.InvariantCulture);
        return Math.CopySign(double.Parse(text, CultureInfo.InvariantCulture), value);
    }

    /// <summary>Without a sign.</summary>
    public static string Fixed(double value, int digits)
    {
        var text = Scaled(Math.Abs(value), digits).ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        return digits == 0 ? text : text[..^digits] + "." + text[^digits..];
    }

    public static string Exponent(double value, int digits)
    {
        var (mantissa, exponent) = Decimal(value, digits);
        return mantissa[..1] + (digits > 0 ? "." + mantissa[1..] : "") + Power(exponent);
    }

    public static string General(double value, int digits, bool keepsZeros)
    {
        digits = Math.Max(1, digits);
        var (mantissa, exponent) = Decimal(value, digits - 1);
        if (exponent < -4 || exponent >= digits)
            return Trim(mantissa[..1] + (digits > 1 ? "." + mantissa[1..] : "")) + Power(exponent);
        return Trim(Fixed(value, digits - 1 - exponent));

        string Trim(string text) => !keepsZeros && text.Contains('.') ? text.TrimEnd('0').TrimEnd('.') : text;
    }

    private static string Power(int exponent) => string.Create(CultureInfo.InvariantCulture, $"e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");

    private static (string Mantissa, int Exponent) Decimal(double value, int digits)
    {
        value = Math.Abs(value);
        if (value == 0)
            return (new string('0', digits + 1), 0);
        var exponent = (int)Math.Floor(Math.Log10(value));
        while (true)
        {
            var text = Scaled(value, digits - exponent).ToString(CultureInfo.InvariantCulture);
            if (text.Length == digits + 1)
                return (text, exponent);
            exponent += text.Length > digits + 1 ? 1 : -1;
        }
    }

    // value * 10^digits, rounded half to even.
    private static BigInteger Scaled(double value, int digits)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var power = (int)((bits >> 52) & 0x7FF);
        BigInteger numerator = (bits & 0xFFFFFFFFFFFFF) | (power == 0 ? 0 : 1L << 52);
        power = Math.Max(power, 1) - 1075;
        var denominator = BigInteger.One;
        if (digits >= 0) numerator *= BigInteger.Pow(10, digits);
        else denominator *= BigInteger.Pow(10, -digits);
        if (power >= 0) numerator <<= power;
        else denominator <<= -power;
        var quotient = BigInteger.DivRem(numerator, denominator, out var rest);
        var half = (rest * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
