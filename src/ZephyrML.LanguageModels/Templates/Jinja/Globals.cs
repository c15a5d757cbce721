namespace ZephyrML.LanguageModels.Jinja;

/// <summary>What a template can call without having been given it.</summary>
internal static class Globals
{
    private const long MaxRange = 100_000;

    public static IReadOnlyDictionary<string, object?> All { get; } = new Dictionary<string, object?>
    {
        ["range"] = new PyFunction("range", Range),
        ["dict"] = new PyFunction("dict", Dict, "type"),
        ["namespace"] = new PyFunction("namespace", (r, a) => new PyNamespace((PyDict)Dict(r, a)!), "type"),
        ["cycler"] = new PyFunction("cycler", (_, a) => new Cycler(a.Positional), "type"),
        ["joiner"] = new PyFunction("joiner", (r, a) => new Joiner(a.Get(0, "sep", ", ")), "type"),
        ["lipsum"] = new PyFunction("lipsum", (_, _) => throw new JinjaError(JinjaErrorKind.Runtime, "lipsum() is not supported")),
        ["raise_exception"] = new PyFunction("raise_exception", (r, a) => throw new JinjaError(JinjaErrorKind.Raised, Strings.Str(a.Require(0, "message"), r))),
        ["strftime_now"] = new PyFunction("strftime_now", (r, a) => r.Budget.Text(TimeFormat.Format(a.Text(0, "format"), r.Now))),
    };

    public static object? FromKeys(JinjaRuntime runtime, Arguments arguments)
    {
        var value = arguments.Get(1, "value", null);
        return PyDict.From(Types.ToList(arguments.Require(0, "iterable"), runtime).Select(k => KeyValuePair.Create(k, value)));
    }

    private static object? Range(JinjaRuntime runtime, Arguments arguments)
    {
        if (arguments.Named.Count > 0 || arguments.Positional.Count is < 1 or > 3)
            throw JinjaError.Python("range expected 1 to 3 arguments");
        var (first, second, step) = (arguments.Whole(0, "start", 0), arguments.Whole(1, "stop", 0), arguments.Whole(2, "step", 1));
        var (start, stop) = arguments.Positional.Count == 1 ? (0, first) : (first, second);
        if (step == 0)
            throw JinjaError.Python("range() arg 3 must not be zero");
        if (new[] { start, stop, step }.Any(n => Math.Abs((decimal)n) > 1L << 60))
            throw JinjaError.Python("Python int too large to convert to C ssize_t");
        if (Math.Abs((decimal)stop - start) / Math.Abs((decimal)step) > MaxRange && (stop > start) == (step > 0))
            throw JinjaError.Python($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange}).");
        return new PyRange(start, stop, step);
    }

    private static object? Dict(JinjaRuntime runtime, Arguments arguments)
    {
        if (arguments.Positional.Count > 1)
            throw JinjaError.Python($"dict expected at most 1 argument, got {arguments.Positional.Count}");
        var dict = new PyDict();
        switch (arguments.Positional.FirstOrDefault())
        {
            case PyDict other:
                runtime.Budget.Elements(other.Count);
                foreach (var (key, value) in other.Entries) dict[key] = value;
                break;
            case null when arguments.Positional.Count == 0: break;
            case var pairs:
                foreach (var pair in Types.ToList(pairs, runtime))
                {
                    if (Types.ToList(pair, runtime) is not [var key, var value])
                        throw JinjaError.Python("dictionary update sequence element has not length 2");
                    dict[key] = value;
                }
                break;
        }
        foreach (var (name, value) in arguments.Named) dict[name] = value;
        return dict;
    }
}

/// <summary>namespace(): attributes that may be set.</summary>
internal sealed class PyNamespace : PyObject
{
    public PyNamespace(PyDict attributes)
    {
        foreach (var (name, _) in attributes.Entries) Check(Types.Text(name) ?? "");
        Attributes = attributes;
    }

    public PyDict Attributes { get; }

    public override string TypeName => "Namespace";

    public override bool TryGet(string name, out object? value) => Attributes.TryGet(name, out value);

    public void Set(string name, object? value)
    {
        Check(name);
        Attributes[name] = value;
    }

    private static void Check(string name)
    {
        if (name.StartsWith('_'))
            throw new JinjaError(JinjaErrorKind.Security, $"Chat templates cannot store underscore-prefixed attributes on a namespace, but got '{name}'. Please rename the attribute.");
    }
}

/// <summary>cycler(): one value after the other.</summary>
internal sealed class Cycler(IReadOnlyList<object?> items) : PyObject
{
    private int position;

    public override string TypeName => "Cycler";

    public override bool TryGet(string name, out object? value)
    {
        if (items.Count == 0)
            throw JinjaError.Python("at least one item has to be provided");
        value = name switch
        {
            "current" => items[position],
            "next" => new PyFunction("next", (_, _) => Next(), "method"),
            "reset" => new PyFunction("reset", (_, _) => position = 0, "method"),
            "pos" => (long)position,
            "items" => new PyTuple(items),
            _ => null,
        };
        return value is not null || name == "current";
    }

    private object? Next()
    {
        var item = items[position];
        position = (position + 1) % items.Count;
        return item;
    }
}

/// <summary>joiner(): nothing the first time, then the separator.</summary>
internal sealed class Joiner(object? separator) : PyCallable
{
    private bool used;

    public override string TypeName => "Joiner";

    public override object? Call(JinjaRuntime runtime, Arguments arguments)
    {
        var result = used ? separator : "";
        used = true;
        return result;
    }
}
