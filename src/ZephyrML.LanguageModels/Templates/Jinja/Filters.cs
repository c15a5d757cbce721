using System.Numerics;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>A filter: the value before the bar, and the arguments behind the name.</summary>
internal delegate object? Filter(JinjaRuntime runtime, object? value, Arguments arguments);

/// <summary>All filters by name; those of numbers and of single values are here.</summary>
internal static class Filters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>(TextFilters.All.Concat(SequenceFilters.All))
    {
        ["abs"] = (_, v, _) => Abs(v),
        ["attr"] = (r, v, a) => Attributes.Attribute(v, a.Text(0, "name"), r),
        ["count"] = (r, v, a) => Length(v, a),
        ["length"] = (r, v, a) => Length(v, a),
        ["d"] = (_, v, a) => Default(v, a),
        ["default"] = (_, v, a) => Default(v, a),
        ["float"] = (_, v, a) => Float(v, a),
        ["int"] = (_, v, a) => Int(v, a),
        ["pprint"] = (r, v, _) => Strings.Repr(v, r),
        ["round"] = (_, v, a) => Round(v, a),
        ["tojson"] = JsonText.Filter,
    };

    private static object Length(object? value, Arguments arguments)
    {
        arguments.End();
        return Types.RequireLength(value);
    }

    private static object? Default(object? value, Arguments arguments)
    {
        var (otherwise, falsy) = (arguments.Get(0, "default_value", ""), arguments.Flag(1, "boolean"));
        arguments.End();
        return value is Undefined || (falsy && !Types.Truth(value)) ? otherwise : value;
    }

    private static object Abs(object? value)
    {
        Number(value);
        return value is double number ? Math.Abs(number) : Numbers.Int(BigInteger.Abs(Numbers.ToBig(value)));
    }

    private static void Number(object? value)
    {
        if (value is Undefined missing)
            throw missing.Error();
        if (!Numbers.Is(value))
            throw JinjaError.Python($"bad operand type: '{Types.Name(value)}'");
    }

    private static object? Float(object? value, Arguments arguments)
    {
        var otherwise = arguments.Get(0, "default", 0.0);
        arguments.End();
        if (value is Undefined missing)
            throw missing.Error();
        return Types.Text(value) is { } text ? Numbers.ParseFloat(text) ?? otherwise : Numbers.Is(value) ? Numbers.ToDouble(value) : otherwise;
    }

    private static object? Int(object? value, Arguments arguments)
    {
        var (otherwise, radix) = (arguments.Get(0, "default", 0L), arguments.Whole(1, "base", 10));
        arguments.End();
        if (value is Undefined missing)
            throw missing.Error();
        if (Types.Text(value) is { } text)
        {
            if (Numbers.ParseInt(text, (int)Math.Clamp(radix, -1, 99)) is { } whole)
                return whole;
            value = Numbers.ParseFloat(text);
        }
        return !Numbers.Is(value) || (value is double number && !double.IsFinite(number)) ? otherwise : Numbers.Int(Numbers.ToBig(value));
    }

    private static object? Round(object? value, Arguments arguments)
    {
        var (digits, method) = (arguments.Whole(0, "precision", 0), arguments.Text(1, "method", "common"));
        arguments.End();
        Number(value);
        if (method == "common")
        {
            if (value is double number)
                return FloatFormat.Round(number, digits);
            if (digits >= 0)
                return Numbers.Int(Numbers.ToBig(value));
            var unit = BigInteger.Pow(10, (int)Math.Min(-digits, 5000));
            var quotient = BigInteger.DivRem(Numbers.ToBig(value), unit, out var rest);
            var half = (BigInteger.Abs(rest) * 2).CompareTo(unit);
            return Numbers.Int((half > 0 || (half == 0 && !quotient.IsEven) ? quotient + (rest.Sign < 0 ? -1 : 1) : quotient) * unit);
        }
        if (method is not ("ceil" or "floor"))
            throw new JinjaError(JinjaErrorKind.Runtime, "method must be common, ceil or floor");
        var scale = Math.Pow(10, digits);
        var scaled = Numbers.ToDouble(value) * scale;
        if (!double.IsFinite(scaled))
            throw JinjaError.Python("cannot convert float infinity to integer");
        return (method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale;
    }
}
