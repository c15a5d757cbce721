using System.Numerics;
using System.Runtime.CompilerServices;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Equality, order and hashes as Python has them.</summary>
internal static class Compare
{
    public static bool Equal(object? a, object? b)
    {
        Guard();
        if (Types.Text(a) is { } text)
            return Types.Text(b) is { } otherText && string.Equals(text, otherText, StringComparison.Ordinal);
        if (Numbers.Is(a))
            return Numbers.Is(b) && Numbers.Compare(a, b) == 0;
        return (a, b) switch
        {
            (null, null) => true,
            (PyList x, PyList y) => Same(x, y),
            (PyTuple x, PyTuple y) => Same(x, y),
            (PyDict x, PyDict y) => x.Count == y.Count && x.Entries.All(e => y.TryGet(e.Key, out var other) && Equal(e.Value, other)),
            (PyRange x, PyRange y) => x.Count == y.Count && (x.Count == 0 || (x.Start == y.Start && (x.Count == 1 || x.Step == y.Step))),
            (Bytes x, Bytes y) => x.Content.AsSpan().SequenceEqual(y.Content),
            (Undefined, Undefined) => true,
            _ => ReferenceEquals(a, b),
        };
    }

    private static bool Same(PySequence a, PySequence b) => ReferenceEquals(a, b) || (a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(p => Equal(p.First, p.Second)));

    /// <summary>Below, equal or above; null where a number is NaN.</summary>
    public static int? Order(object? a, object? b, string op)
    {
        Guard();
        if (a is Undefined missing || (missing = (b as Undefined)!) is not null)
            throw missing.Error();
        if (Types.Text(a) is { } x && Types.Text(b) is { } y)
            return CodePoints.Compare(x, y);
        if (Numbers.Is(a) && Numbers.Is(b))
            return Numbers.Compare(a, b);
        if ((a is PyList && b is PyList) || (a is PyTuple && b is PyTuple))
        {
            var (first, second) = (((PySequence)a).Items, ((PySequence)b).Items);
            for (var i = 0; i < Math.Min(first.Count, second.Count); i++)
            {
                if (!Equal(first[i], second[i]))
                    return Order(first[i], second[i], op);
            }
            return first.Count.CompareTo(second.Count);
        }
        throw JinjaError.Python($"'{op}' not supported between instances of '{Types.Name(a)}' and '{Types.Name(b)}'");
    }

    public static bool Test(string op, object? a, object? b) => op switch
    {
        "==" => Equal(a, b),
        "!=" => !Equal(a, b),
        "<" => Order(a, b, op) < 0,
        "<=" => Order(a, b, op) <= 0,
        ">" => Order(a, b, op) > 0,
        _ => Order(a, b, op) >= 0,
    };

    public static bool Contains(object? item, object? container, JinjaRuntime runtime)
    {
        runtime.Budget.Work((Types.Length(container) ?? 0) >> 2);
        if (Types.Text(container) is { } text)
        {
            if (item is Undefined missing)
                throw missing.Error();
            return text.Contains(Types.Text(item) ?? throw JinjaError.Python($"'in <string>' requires string as left operand, not {Types.Name(item)}"), StringComparison.Ordinal);
        }
        if (container is PyDict dict)
            return dict.TryGet(item, out _);
        if (container is DictView { TypeName: "dict_keys" } keys)
            return keys.Dict.TryGet(item, out _);
        return (Types.Elements(container) ?? throw JinjaError.Python($"argument of type '{Types.Name(container)}' is not iterable")).Any(e => Equal(e, item));
    }

    public static int Hash(object? value)
    {
        Guard();
        switch (value)
        {
            case null: return 1;
            case string text: return string.GetHashCode(text, StringComparison.Ordinal);
            case Markup markup: return string.GetHashCode(markup.Text, StringComparison.Ordinal);
            case PyTuple tuple: return tuple.Items.Aggregate(7, (h, i) => HashCode.Combine(h, Hash(i)));
            case PyList or PyDict or PyNamespace or DictView { TypeName: not "dict_values" }: throw JinjaError.Python($"unhashable type: '{Types.Name(value)}'");
            case Undefined: return 2;
            case Bytes bytes: return bytes.Content.Length;
            case PyRange range: return range.Count.GetHashCode();
        }
        if (!Numbers.Is(value))
            return RuntimeHelpers.GetHashCode(value);
        return value is double number && (number != Math.Floor(number) || !double.IsFinite(number)) ? number.GetHashCode() : Numbers.ToBig(value).GetHashCode();
    }

    /// <summary>Sorts as Python does: stable, also backwards.</summary>
    public static List<object?> Sort(List<object?> items, Func<object?, object?> key, bool reverse, JinjaRuntime runtime)
    {
        runtime.Budget.Elements(items.Count);
        var order = Comparer<object?>.Create((a, b) =>
        {
            runtime.Budget.Work(1);
            return Order(a, b, "<") ?? 0;
        });
        var keyed = items.Select(i => (Key: key(i), Item: i)).ToList();
        try
        {
            return [.. (reverse ? keyed.OrderByDescending(k => k.Key, order) : keyed.OrderBy(k => k.Key, order)).Select(k => k.Item)];
        }
        catch (InvalidOperationException e) when (e.InnerException is JinjaError inner)
        {
            throw inner;
        }
    }

    private static void Guard()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw JinjaError.Limit("Values are nested too deeply.");
    }
}
