namespace ZephyrML.LanguageModels.Jinja;

/// <summary>All tests ("x is odd") by name.</summary>
internal static class Tests
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = Make();

    private static Dictionary<string, Filter> Make()
    {
        var all = new Dictionary<string, Filter>
        {
            ["boolean"] = (_, v, a) => End(a, v is bool),
            ["callable"] = (_, v, a) => End(a, v is PyCallable or Undefined),
            ["defined"] = (_, v, a) => End(a, v is not Undefined),
            ["divisibleby"] = (r, v, a) => Compare.Equal(Operations.Binary("%", v, a.Require(0, "num"), r), 0L),
            ["escaped"] = (_, v, a) => End(a, v is Markup),
            ["even"] = (r, v, a) => End(a, Compare.Equal(Operations.Binary("%", v, 2L, r), 0L)),
            ["odd"] = (r, v, a) => End(a, Compare.Equal(Operations.Binary("%", v, 2L, r), 1L)),
            ["false"] = (_, v, a) => End(a, v is false),
            ["true"] = (_, v, a) => End(a, v is true),
            ["filter"] = (_, v, a) => End(a, Types.Text(v) is { } name && Filters.All.ContainsKey(name)),
            ["test"] = (_, v, a) => End(a, Types.Text(v) is { } name && All!.ContainsKey(name)),
            ["float"] = (_, v, a) => End(a, v is double),
            ["in"] = (r, v, a) => Compare.Contains(v, a.Require(0, "seq"), r),
            ["integer"] = (_, v, a) => End(a, v is not bool && Numbers.IsInt(v)),
            ["iterable"] = (_, v, a) => End(a, Types.Elements(v) is not null),
            ["lower"] = (r, v, a) => End(a, StringMethods.IsCase(Strings.Str(v, r), lower: true)),
            ["upper"] = (r, v, a) => End(a, StringMethods.IsCase(Strings.Str(v, r), lower: false)),
            ["mapping"] = (_, v, a) => End(a, v is PyDict),
            ["none"] = (_, v, a) => End(a, v is null),
            ["number"] = (_, v, a) => End(a, Numbers.Is(v)),
            ["sameas"] = (_, v, a) => Same(v, a.Require(0, "other")),
            ["sequence"] = (_, v, a) => End(a, v is string or Markup or PySequence or PyDict or PyRange or Bytes or Undefined),
            ["string"] = (_, v, a) => End(a, Types.Text(v) is not null),
            ["undefined"] = (_, v, a) => End(a, v is Undefined),
        };
        foreach (var (op, names) in new[]
        {
            ("==", "== eq equalto"), ("!=", "!= ne"), (">", "> gt greaterthan"), (">=", ">= ge"), ("<", "< lt lessthan"), ("<=", "<= le"),
        })
        {
            foreach (var name in names.Split(' '))
                all[name] = (_, v, a) => Compare.Test(op, v, a.Require(0, "other"));
        }
        return all;
    }

    private static bool End(Arguments arguments, bool result)
    {
        arguments.End();
        return result;
    }

    // Small values are the same object in Python; a bool is never an int.
    private static bool Same(object? a, object? b) => a is bool || b is bool || a is null || b is null ? Equals(a, b) : (a is string or long && Equals(a, b)) || ReferenceEquals(a, b);
}
