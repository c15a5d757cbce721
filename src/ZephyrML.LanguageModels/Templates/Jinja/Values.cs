using System.Collections;

namespace ZephyrML.LanguageModels.Jinja;

// Values are: null (None), bool, long and BigInteger (int), double (float), string, and the types below.

/// <summary>A string that is marked as safe HTML.</summary>
internal sealed record Markup(string Text);

/// <summary>Python's bytes.</summary>
internal sealed record Bytes(byte[] Content);

/// <summary>A list or a tuple; never changed once it is made.</summary>
internal abstract class PySequence(IReadOnlyList<object?> items)
{
    public IReadOnlyList<object?> Items => items;
}

internal sealed class PyList(IReadOnlyList<object?> items) : PySequence(items);

/// <summary>A tuple; one of groupby has names for its two elements.</summary>
internal sealed class PyTuple(IReadOnlyList<object?> items, bool group = false) : PySequence(items)
{
    public bool IsGroup => group;

    public static PyTuple Of(params object?[] items) => new(items);
}

/// <summary>Python's range.</summary>
internal sealed class PyRange(long start, long stop, long step)
{
    public long Start => start;

    public long Stop => stop;

    public long Step => step;

    public long Count => step > 0 ? (stop > start ? ((stop - start - 1) / step) + 1 : 0) : start > stop ? ((start - stop - 1) / -step) + 1 : 0;

    public IEnumerable<object?> Items()
    {
        for (long i = 0, n = Count; i < n; i++)
            yield return start + (i * step);
    }
}

/// <summary>What a generator is: it can be walked once.</summary>
internal sealed class PyIterator(IEnumerable<object?> items, string typeName = "generator") : IEnumerable<object?>
{
    private readonly IEnumerator<object?> items = items.GetEnumerator();

    public string TypeName => typeName;

    public IEnumerator<object?> GetEnumerator()
    {
        while (items.MoveNext())
            yield return items.Current;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>keys(), values() or items() of a dictionary.</summary>
internal sealed class DictView(PyDict dict, string typeName)
{
    public PyDict Dict => dict;

    public string TypeName => typeName;

    public IEnumerable<object?> Items() => typeName switch
    {
        "dict_keys" => dict.Entries.Select(e => e.Key),
        "dict_values" => dict.Entries.Select(e => e.Value),
        _ => dict.Entries.Select(e => (object?)PyTuple.Of(e.Key, e.Value)),
    };
}

/// <summary>A dictionary in order of insertion, with Python's equality of keys.</summary>
internal sealed class PyDict
{
    private readonly List<KeyValuePair<object?, object?>> entries = [];
    private readonly Dictionary<Key, int> places = [];

    public IReadOnlyList<KeyValuePair<object?, object?>> Entries => entries;

    public int Count => entries.Count;

    public object? this[object? key]
    {
        set
        {
            var wrapped = new Key(key);
            if (places.TryGetValue(wrapped, out var place))
            {
                entries[place] = new(entries[place].Key, value);
                return;
            }
            places.Add(wrapped, entries.Count);
            entries.Add(new(key, value));
        }
    }

    public bool TryGet(object? key, out object? value)
    {
        var found = places.TryGetValue(new Key(key), out var place);
        value = found ? entries[place].Value : null;
        return found;
    }

    public static PyDict From(IEnumerable<KeyValuePair<object?, object?>> entries)
    {
        var dict = new PyDict();
        foreach (var (key, value) in entries)
            dict[key] = value;
        return dict;
    }

    private readonly struct Key(object? value) : IEquatable<Key>
    {
        private readonly int hash = Compare.Hash(value);

        private object? Value => value;

        public bool Equals(Key other) => Compare.Equal(value, other.Value);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => hash;
    }
}

/// <summary>A thing with attributes of its own, such as loop or a namespace.</summary>
internal abstract class PyObject
{
    public abstract string TypeName { get; }

    public virtual bool TryGet(string name, out object? value)
    {
        value = null;
        return false;
    }

    public virtual string Repr() => $"<{TypeName} object>";
}

/// <summary>A thing that can be called.</summary>
internal abstract class PyCallable : PyObject
{
    public abstract object? Call(JinjaRuntime runtime, Arguments arguments);
}

internal sealed class PyFunction(string name, Func<JinjaRuntime, Arguments, object?> call, string typeName = "function") : PyCallable
{
    public override string TypeName => typeName;

    public override object? Call(JinjaRuntime runtime, Arguments arguments) => call(runtime, arguments);

    public override string Repr() => $"<{typeName} {name}>";

    public override bool TryGet(string attribute, out object? value)
    {
        // The one class method that the language's tests know.
        value = name == "dict" && attribute == "fromkeys" ? new PyFunction("fromkeys", Globals.FromKeys) : null;
        return value is not null;
    }
}

/// <summary>Marks what is missing. It prints as nothing; most other uses of it are errors.</summary>
internal sealed class Undefined
{
    private readonly string message;
    private readonly JinjaErrorKind kind = JinjaErrorKind.Undefined;

    private Undefined(string message, JinjaErrorKind kind) => (this.message, this.kind) = (message, kind);

    public JinjaError Error() => new(kind, message);

    public static Undefined Because(string message) => new(message, JinjaErrorKind.Undefined);

    public static Undefined Variable(string name) => new($"'{name}' is undefined", JinjaErrorKind.Undefined);

    public static Undefined Unsafe(object? of, string attribute)
        => new($"access to attribute {Strings.Repr(attribute)} of {Strings.Repr(Types.Name(of))} object is unsafe.", JinjaErrorKind.Security);

    public static Undefined Member(object? of, object? name, JinjaRuntime runtime)
    {
        var type = of is null ? "None" : Types.Name(of) + " object";
        return new Undefined(name is string text ? $"{Strings.Repr(type)} has no attribute {Strings.Repr(text)}" : $"{type} has no element {Strings.Repr(name, runtime)}", JinjaErrorKind.Undefined);
    }
}
