namespace ZephyrML.LanguageModels.Jinja;

/// <summary>The arguments that a call, filter or test is written with.</summary>
internal sealed record ArgumentList(IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? Star, Expression? DoubleStar)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);

    public (IReadOnlyList<object?> Positional, Dictionary<string, object?>? Named) Evaluate(JinjaRuntime runtime, Scope scope)
    {
        if (ReferenceEquals(this, Empty))
            return ([], null);
        List<object?> positional = [.. Positional.Select(p => p.Evaluate(runtime, scope))];
        if (Star is not null)
            positional.AddRange(Types.ToList(Star.Evaluate(runtime, scope), runtime));
        var named = new Dictionary<string, object?>();
        foreach (var (name, value) in Named)
        {
            if (!named.TryAdd(name, value.Evaluate(runtime, scope)))
                throw JinjaError.Python($"keyword argument repeated: {name}");
        }
        if (DoubleStar is null)
            return (positional, named);
        var more = DoubleStar.Evaluate(runtime, scope) as PyDict ?? throw JinjaError.Python("argument after ** must be a mapping");
        foreach (var (key, value) in more.Entries)
        {
            if (!named.TryAdd(Types.Text(key) ?? throw JinjaError.Python("keywords must be strings"), value))
                throw JinjaError.Python($"got multiple values for keyword argument '{Types.Text(key)}'");
        }
        return (positional, named);
    }
}

internal sealed class CallExpression(Expression function, ArgumentList arguments) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => Call(runtime, scope, null);

    /// <summary>With the body of a call block, if there is one, as "caller".</summary>
    public object? Call(JinjaRuntime runtime, Scope scope, PyCallable? caller)
    {
        var target = function.Evaluate(runtime, scope);
        var (positional, named) = arguments.Evaluate(runtime, scope);
        if (caller is not null)
            (named ??= [])["caller"] = caller;
        return runtime.Call(target, (function as Variable)?.Name ?? Types.Name(target), positional, named);
    }
}

internal sealed class FilterExpression(Expression? operand, string name, ArgumentList arguments) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => Apply(runtime, scope, operand!.Evaluate(runtime, scope));

    /// <summary>Filters a value: of the operand, or the text of a block.</summary>
    public object? Apply(JinjaRuntime runtime, Scope scope, object? value)
    {
        if (operand is FilterExpression { IsOpen: true } inner)
            value = inner.Apply(runtime, scope, value);
        var filter = Filters.All.GetValueOrDefault(name) ?? throw new JinjaError(JinjaErrorKind.Runtime, $"No filter named {Strings.Repr(name)} found.");
        var (positional, named) = arguments.Evaluate(runtime, scope);
        runtime.Budget.Work((Types.Text(value)?.Length ?? 0) >> 2);
        var result = filter(runtime, value, new Arguments(name, positional, named));
        runtime.Budget.Characters(Types.Text(result)?.Length ?? 0);
        return result;
    }

    /// <summary>Whether the innermost operand is still to come.</summary>
    public bool IsOpen => operand is null || operand is FilterExpression { IsOpen: true };
}

internal sealed class TestExpression(Expression operand, string name, ArgumentList arguments) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope)
    {
        var value = operand.Evaluate(runtime, scope);
        var test = Tests.All.GetValueOrDefault(name) ?? throw new JinjaError(JinjaErrorKind.Runtime, $"No test named {Strings.Repr(name)} found.");
        var (positional, named) = arguments.Evaluate(runtime, scope);
        return test(runtime, value, new Arguments(name, positional, named));
    }
}
