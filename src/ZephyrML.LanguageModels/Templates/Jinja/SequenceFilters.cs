namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Filters of lists and dictionaries.</summary>
internal static class SequenceFilters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["batch"] = (r, v, a) => new PyIterator(Batch(r, v, a.Whole(0, "linecount", 1), a.Get(1, "fill_with", null))),
        ["dictsort"] = DictSort,
        ["first"] = (_, v, _) => First(v is Undefined ? [] : Types.Iterate(v), "No first item, sequence was empty."),
        ["groupby"] = GroupBy,
        ["items"] = Items,
        ["join"] = Join,
        ["last"] = (r, v, _) => v is PyIterator ? throw JinjaError.Python($"'{Types.Name(v)}' object is not reversible") : First(Types.ToList(v, r).AsEnumerable().Reverse(), "No last item, sequence was empty."),
        ["list"] = (r, v, _) => new PyList(Types.ToList(v, r)),
        ["map"] = Map,
        ["max"] = (r, v, a) => Extreme(r, v, a, "max", 1),
        ["min"] = (r, v, a) => Extreme(r, v, a, "min", -1),
        ["random"] = (r, v, _) => First(Types.ToList(v, r), "No random item, sequence was empty."), // a rendering has no chance in it
        ["reject"] = (r, v, a) => Select(r, v, a, wanted: false, attribute: false),
        ["rejectattr"] = (r, v, a) => Select(r, v, a, wanted: false, attribute: true),
        ["reverse"] = Reverse,
        ["select"] = (r, v, a) => Select(r, v, a, wanted: true, attribute: false),
        ["selectattr"] = (r, v, a) => Select(r, v, a, wanted: true, attribute: true),
        ["slice"] = (r, v, a) => new PyIterator(Slice(r, v, a.Whole(0, "slices", 1), a.Get(1, "fill_with", null))),
        ["sort"] = Sort,
        ["sum"] = Sum,
        ["unique"] = (r, v, a) => new PyIterator(Unique(r, v, Key(r, a.Get(1, "attribute", null), a.Flag(0, "case_sensitive")))),
    };

    private static object? First(IEnumerable<object?> items, string otherwise)
    {
        foreach (var item in items)
            return item;
        return Undefined.Because(otherwise);
    }

    /// <summary>Looks a dotted path up in an item: names, or numbers as positions.</summary>
    private static Func<object?, object?> Getter(JinjaRuntime runtime, object? attribute, object? otherwise = null)
    {
        object[] parts = attribute switch
        {
            null => [],
            _ when Types.Text(attribute) is { } path => [.. path.Split('.').Select(p => p.Length > 0 && p.All(char.IsAsciiDigit) && long.TryParse(p, out var n) ? (object)n : p)],
            _ => [attribute],
        };
        return item =>
        {
            foreach (var part in parts)
            {
                runtime.Budget.Step();
                item = Attributes.Item(item, part, runtime);
                if (item is Undefined && otherwise is not null)
                    item = otherwise;
            }
            return item;
        };
    }

    private static Func<object?, object?> Key(JinjaRuntime runtime, object? attribute, bool caseSensitive)
    {
        var getter = Getter(runtime, attribute);
        return caseSensitive ? getter : item => Fold(getter(item));
    }

    private static object? Fold(object? value) => Types.Text(value) is { } text ? CaseMapping.Lower(text) : value;

    private static IEnumerable<object?> Walk(object? value) => value is null || !Types.Truth(value) ? [] : Types.Iterate(value);

    private static object? Map(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        Func<object?, object?> apply;
        if (arguments.Positional.Count == 0 && arguments.Named.TryGetValue("attribute", out var attribute))
        {
            apply = Getter(runtime, attribute, arguments.Named.GetValueOrDefault("default"));
            if (arguments.Named.Keys.FirstOrDefault(k => k is not ("attribute" or "default")) is { } unknown)
                throw new JinjaError(JinjaErrorKind.Runtime, $"Unexpected keyword argument '{unknown}'");
        }
        else
        {
            if (arguments.Positional.Count == 0)
                throw new JinjaError(JinjaErrorKind.Runtime, "map requires a filter argument");
            var name = Strings.Str(arguments.Positional[0], runtime);
            var filter = Filters.All.GetValueOrDefault(name) ?? throw new JinjaError(JinjaErrorKind.Runtime, $"No filter named {Strings.Repr(name)}.");
            apply = item => filter(runtime, item, arguments.Skip(1, name));
        }
        return new PyIterator(Each(Walk(value)));

        IEnumerable<object?> Each(IEnumerable<object?> items)
        {
            foreach (var item in items)
            {
                runtime.Budget.Step();
                yield return apply(item);
            }
        }
    }

    private static object? Select(JinjaRuntime runtime, object? value, Arguments arguments, bool wanted, bool attribute)
    {
        if (attribute && arguments.Positional.Count == 0)
            throw new JinjaError(JinjaErrorKind.Runtime, "Missing parameter for attribute name");
        var getter = Getter(runtime, attribute ? arguments.Positional[0] : null);
        var skip = attribute ? 1 : 0;
        Func<object?, bool> test = Types.Truth;
        if (arguments.Positional.Count > skip)
        {
            var name = Strings.Str(arguments.Positional[skip], runtime);
            var named = Tests.All.GetValueOrDefault(name) ?? throw new JinjaError(JinjaErrorKind.Runtime, $"No test named {Strings.Repr(name)}.");
            test = item => Types.Truth(named(runtime, item, arguments.Skip(skip + 1, name)));
        }
        return new PyIterator(Each(Walk(value)));

        IEnumerable<object?> Each(IEnumerable<object?> items)
        {
            foreach (var item in items)
            {
                runtime.Budget.Step();
                if (test(getter(item)) == wanted)
                    yield return item;
            }
        }
    }

    private static object? Sort(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var (reverse, sensitive, attribute) = (arguments.Flag(0, "reverse"), arguments.Flag(1, "case_sensitive"), arguments.Get(2, "attribute", null));
        arguments.End();
        Func<object?, object?>[] keys = [.. (Types.Text(attribute) is { } several ? several.Split(',') : new[] { attribute }).Select(a => Key(runtime, a, sensitive))];
        return new PyList(Compare.Sort(Types.ToList(value, runtime), Of, reverse, runtime));

        // Python sorts by lists of keys, whose elements need no order where they are equal; numbers and texts have one.
        object? Of(object? item) => keys.Length == 1 && keys[0](item) is var only && (Numbers.Is(only) || Types.Text(only) is not null) ? only : new PyList([.. keys.Select(k => k(item))]);
    }

    private static object? DictSort(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var (sensitive, by, reverse) = (arguments.Flag(0, "case_sensitive"), arguments.Text(1, "by", "key"), arguments.Flag(2, "reverse"));
        arguments.End();
        if (by is not ("key" or "value"))
            throw new JinjaError(JinjaErrorKind.Runtime, "You can only sort by either \"key\" or \"value\"");
        var dict = value as PyDict ?? throw (value as Undefined)?.Error() ?? JinjaError.Python($"'{Types.Name(value)}' object has no attribute 'items'");
        var place = by == "key" ? 0 : 1;
        return new PyList(Compare.Sort(
            [.. dict.Entries.Select(e => PyTuple.Of(e.Key, e.Value))], i => ((PyTuple)i!).Items[place] is var item && sensitive ? item : Fold(item), reverse, runtime));
    }

    private static object? GroupBy(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var getter = Getter(runtime, arguments.Require(0, "attribute"), arguments.Get(1, "default", null));
        var sensitive = arguments.Flag(2, "case_sensitive");
        arguments.End();
        var groups = new List<object?>();
        List<object?>? members = null;
        object? last = null;
        foreach (var item in Compare.Sort(Types.ToList(value, runtime), Of, false, runtime))
        {
            if (members is null || !Compare.Equal(last, Of(item)))
            {
                (members, last) = ([], Of(item));
                groups.Add(new PyTuple([getter(item), new PyList(members)], group: true));
            }
            members.Add(item);
        }
        return new PyList(groups);

        object? Of(object? item) => sensitive ? getter(item) : Fold(getter(item));
    }

    private static object? Items(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        arguments.End();
        return value is Undefined ? new PyIterator([]) : value is PyDict dict ? new PyIterator(new DictView(dict, "dict_items").Items())
            : throw JinjaError.Python("Can only get item pairs from a mapping.");
    }

    private static object? Join(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var (separator, attribute) = (Strings.Str(arguments.Get(0, "d", ""), runtime), arguments.Get(1, "attribute", null));
        arguments.End();
        var items = Types.Iterate(value);
        var getter = Getter(runtime, attribute);
        return StringMethods.Join(runtime, separator, new PyIterator(items.Select(i => Strings.Str(getter(i), runtime))));
    }

    private static object? Reverse(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        arguments.End();
        return Types.Text(value) is not null ? Operations.Slice(value, null, null, -1L, runtime)
            : new PyIterator(Types.ToList(value, runtime).AsEnumerable().Reverse(), "list_reverseiterator");
    }

    private static object? Sum(JinjaRuntime runtime, object? value, Arguments arguments)
    {
        var (attribute, sum) = (arguments.Get(0, "attribute", null), arguments.Get(1, "start", 0L));
        arguments.End();
        if (Types.Text(sum) is not null)
            throw JinjaError.Python("sum() can't sum strings [use ''.join(seq) instead]");
        var getter = Getter(runtime, attribute);
        return Types.Iterate(value).Aggregate(sum, (total, item) => Operations.Binary("+", total, getter(item), runtime));
    }

    private static object? Extreme(JinjaRuntime runtime, object? value, Arguments arguments, string what, int sign)
    {
        var key = Key(runtime, arguments.Get(1, "attribute", null), arguments.Flag(0, "case_sensitive"));
        arguments.End();
        var items = Types.ToList(value, runtime);
        if (items.Count == 0)
            return Undefined.Because("No aggregated item, sequence was empty.");
        var (best, bestKey) = (items[0], key(items[0]));
        foreach (var item in items.Skip(1))
        {
            var other = key(item);
            if (Compare.Order(other, bestKey, what == "max" ? ">" : "<") * sign > 0)
                (best, bestKey) = (item, other);
        }
        return best;
    }

    private static IEnumerable<object?> Unique(JinjaRuntime runtime, object? value, Func<object?, object?> key)
    {
        var seen = new PyDict();
        foreach (var item in Types.Iterate(value))
        {
            runtime.Budget.Elements(1);
            if (seen.TryGet(key(item), out _))
                continue;
            seen[key(item)] = null;
            yield return item;
        }
    }

    private static IEnumerable<object?> Batch(JinjaRuntime runtime, object? value, long size, object? fill)
    {
        var row = new List<object?>();
        foreach (var item in Types.Iterate(value))
        {
            if (row.Count == size)
            {
                yield return new PyList(row);
                row = [];
            }
            runtime.Budget.Elements(1);
            row.Add(item);
        }
        if (row.Count == 0)
            yield break;
        if (fill is not null && row.Count < size)
        {
            runtime.Budget.Elements(size - row.Count);
            row.AddRange(Enumerable.Repeat(fill, (int)(size - row.Count)));
        }
        yield return new PyList(row);
    }

    private static IEnumerable<object?> Slice(JinjaRuntime runtime, object? value, long slices, object? fill)
    {
        var items = Types.ToList(value, runtime);
        if (slices == 0)
            throw JinjaError.Python("integer division or modulo by zero");
        var (size, more) = (items.Count / slices, items.Count % slices);
        for (long i = 0, offset = 0; i < slices; i++)
        {
            var count = size + (i < more ? 1 : 0);
            runtime.Budget.Elements(count + 1);
            List<object?> row = [.. items.Skip((int)offset).Take((int)count)];
            offset += count;
            if (fill is not null && i >= more)
                row.Add(fill);
            yield return new PyList(row);
        }
    }
}
