using System.Numerics;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Attributes and items as Jinja's immutable sandbox finds them.</summary>
internal static class Attributes
{
    private static readonly HashSet<string> ListMutators = ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"];
    private static readonly HashSet<string> DictMutators = ["clear", "pop", "popitem", "setdefault", "update"];

    /// <summary>"value.name": the attribute, else the item of that name, else undefined.</summary>
    public static object? Get(object? value, string name, JinjaRuntime runtime)
    {
        if (value is Undefined missing)
            throw missing.Error();
        if (TryAttribute(value, name, out var found))
            return found;
        return Operations.TryItem(value, name, runtime, out found) ? found : Undefined.Member(value, name, runtime);
    }

    /// <summary>"value[key]": the item, else the attribute of that name, else undefined.</summary>
    public static object? Item(object? value, object? key, JinjaRuntime runtime)
    {
        if (Operations.TryItem(value, key, runtime, out var found))
            return found;
        return Types.Text(key) is { } name && TryAttribute(value, name, out found) ? found : Undefined.Member(value, key, runtime);
    }

    /// <summary>The attr filter: the attribute, never an item.</summary>
    public static object? Attribute(object? value, string name, JinjaRuntime runtime) => value is Undefined missing && !Dunder(name) ? throw missing.Error()
        : TryAttribute(value, name, out var found) ? found : Undefined.Member(value, name, runtime);

    private static bool Dunder(string name) => name.StartsWith("__", StringComparison.Ordinal);

    private static bool TryAttribute(object? value, string name, out object? found)
    {
        found = null;
        if (name.StartsWith('_'))
        {
            if (!Dunder(name) || !name.EndsWith("__", StringComparison.Ordinal))
                return false;
            found = Undefined.Unsafe(value, name);
            return true;
        }
        if ((value is PyList && ListMutators.Contains(name)) || (value is PyDict && DictMutators.Contains(name)))
        {
            found = Undefined.Unsafe(value, name);
            return true;
        }
        if (value is PyObject thing)
            return thing.TryGet(name, out found);
        if (value is PyTuple { IsGroup: true } group && name is ("grouper" or "list"))
        {
            found = group.Items[name == "list" ? 1 : 0];
            return true;
        }
        found = Method(value, name);
        return found is not null || Field(value, name, out found);
    }

    private static bool Field(object? value, string name, out object? found)
    {
        found = (value, name) switch
        {
            (long or BigInteger or bool, "real" or "numerator") => Numbers.Int(Numbers.ToBig(value)),
            (long or BigInteger or bool, "imag") => 0L,
            (long or BigInteger or bool, "denominator") => 1L,
            (double, "real") => value,
            (double, "imag") => 0.0,
            (PyRange range, "start") => range.Start,
            (PyRange range, "stop") => range.Stop,
            (PyRange range, "step") => range.Step,
            _ => null,
        };
        return found is not null;
    }

    private static PyFunction? Method(object? value, string name)
    {
        if (Types.Text(value) is { } text)
        {
            if (!StringMethods.All.TryGetValue(name, out var method))
                return null;
            var safe = value is Markup;
            return Bound((r, a) =>
            {
                r.Budget.Work(text.Length >> 2);
                var result = method(r, text, a);
                if (result is string made)
                    r.Budget.Characters(made.Length);
                return safe && result is string html ? new Markup(html) : result;
            });
        }
        return (value, name) switch
        {
            (PyDict dict, "items" or "keys" or "values") => Bound((_, a) => None(a, new DictView(dict, "dict_" + name))),
            (PyDict dict, "get") => Bound((_, a) => dict.TryGet(a.Require(0, "key"), out var item) ? item : a.Get(1, "default", null)),
            (PyDict dict, "copy") => Bound((r, a) => None(a, Copy(dict, r))),
            (PyDict, "fromkeys") => Bound(Globals.FromKeys),
            (PyList list, "copy") => Bound((_, a) => None(a, list)),
            (PySequence list, "count") => Bound((r, a) => Count(list.Items, a.Require(0, "value"), r)),
            (PySequence list, "index") => Bound((r, a) => Index(list.Items, a, r)),
            (PyRange range, "count") => Bound((r, a) => Count(Types.ToList(range, r), a.Require(0, "value"), r)),
            (PyRange range, "index") => Bound((r, a) => Index(Types.ToList(range, r), a, r)),
            (double number, "is_integer") => Bound((_, a) => None(a, number == Math.Floor(number) && double.IsFinite(number))),
            (long or BigInteger or bool, "bit_length") => Bound((_, a) => None(a, (long)BigInteger.Abs(Numbers.ToBig(value)).GetBitLength())),
            (long or BigInteger or bool or double, "conjugate") => Bound((_, a) => None(a, value)),
            (Bytes bytes, "decode") => Bound((_, _) => System.Text.Encoding.UTF8.GetString(bytes.Content)),
            (Bytes bytes, "hex") => Bound((_, _) => Convert.ToHexStringLower(bytes.Content)),
            _ => null,
        };

        PyFunction Bound(Func<JinjaRuntime, Arguments, object?> call) => new(name, call, "builtin_function_or_method");
    }

    private static object? None(Arguments arguments, object? result)
    {
        arguments.End();
        return result;
    }

    private static PyDict Copy(PyDict dict, JinjaRuntime runtime)
    {
        runtime.Budget.Elements(dict.Count);
        return PyDict.From(dict.Entries);
    }

    private static object Count(IReadOnlyList<object?> items, object? value, JinjaRuntime runtime)
    {
        runtime.Budget.Work(items.Count);
        return (long)items.Count(i => Compare.Equal(i, value));
    }

    private static object Index(IReadOnlyList<object?> items, Arguments arguments, JinjaRuntime runtime)
    {
        runtime.Budget.Work(items.Count);
        var (value, start) = (arguments.Require(0, "value"), arguments.Whole(1, "start", 0));
        var stop = arguments.Whole(2, "stop", items.Count);
        start = Math.Max(0, start < 0 ? start + items.Count : start);
        stop = Math.Min(items.Count, stop < 0 ? stop + items.Count : stop);
        for (var i = start; i < stop; i++)
        {
            if (Compare.Equal(items[(int)i], value))
                return i;
        }
        throw JinjaError.Python($"{Strings.Repr(value, runtime)} is not in list");
    }
}
