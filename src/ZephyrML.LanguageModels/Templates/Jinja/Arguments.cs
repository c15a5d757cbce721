namespace ZephyrML.LanguageModels.Jinja;

/// <summary>The arguments of a call, taken by position or name; what is left over is an error.</summary>
internal sealed class Arguments(string function, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?>? named = null)
{
    private int taken;
    private HashSet<string>? used;

    public string Function => function;

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyDictionary<string, object?> Named { get; } = named ?? new Dictionary<string, object?>();

    /// <summary>All arguments must have been asked for by position; gives what they are.</summary>
    public bool TryGet(int index, string name, out object? value)
    {
        taken = Math.Max(taken, index + 1);
        (used ??= []).Add(name);
        if (index < positional.Count)
        {
            if (Named.ContainsKey(name))
                throw JinjaError.Python($"{function}() got multiple values for argument '{name}'");
            value = positional[index];
            return true;
        }
        return Named.TryGetValue(name, out value);
    }

    public object? Get(int index, string name, object? otherwise) => TryGet(index, name, out var value) ? value : otherwise;

    public object? Require(int index, string name)
        => TryGet(index, name, out var value) ? value : throw JinjaError.Python($"{function}() missing 1 required positional argument: '{name}'");

    public bool Flag(int index, string name, bool otherwise = false) => TryGet(index, name, out var value) ? Types.Truth(value) : otherwise;

    public long Whole(int index, string name, long otherwise)
    {
        if (!TryGet(index, name, out var value))
            return otherwise;
        if (value is Undefined missing)
            throw missing.Error();
        if (value is double)
            throw JinjaError.Python("'float' object cannot be interpreted as an integer");
        var whole = Numbers.ToBig(value);
        return whole > long.MaxValue ? long.MaxValue : whole < long.MinValue ? long.MinValue : (long)whole;
    }

    public string Text(int index, string name, string? otherwise = null)
    {
        var value = otherwise is null ? Require(index, name) : Get(index, name, otherwise);
        return value is Undefined missing ? throw missing.Error()
            : Types.Text(value) ?? throw JinjaError.Python($"{function}() argument {index + 1} must be str, not {Types.Name(value)}");
    }

    /// <summary>To be called when all have been asked for.</summary>
    public void End()
    {
        if (positional.Count > taken)
            throw JinjaError.Python($"{function}() takes at most {taken} arguments ({positional.Count} given)");
        if (Named.Keys.FirstOrDefault(k => used?.Contains(k) != true) is { } unknown)
            throw JinjaError.Python($"{function}() got an unexpected keyword argument '{unknown}'");
    }

    /// <summary>The same without the first ones.</summary>
    public Arguments Skip(int count, string name) => new(name, [.. positional.Skip(count)], Named);
}
