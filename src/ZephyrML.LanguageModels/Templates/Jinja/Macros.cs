namespace ZephyrML.LanguageModels.Jinja;

/// <summary>What a macro is written with.</summary>
internal sealed record MacroDefinition(string? Name, IReadOnlyList<string> Parameters, IReadOnlyList<Expression?> Defaults, Body Body, bool UsesCaller, bool UsesKwargs, bool UsesVarargs);

/// <summary>A macro, with the names around where it was defined.</summary>
internal sealed class Macro(MacroDefinition definition, Scope around) : PyCallable
{
    public override string TypeName => "Macro";

    public override string Repr() => definition.Name is null ? "<Macro anonymous>" : $"<Macro {Strings.Repr(definition.Name)}>";

    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "name" => definition.Name,
            "arguments" => new PyTuple([.. definition.Parameters]),
            "catch_kwargs" => definition.UsesKwargs,
            "catch_varargs" => definition.UsesVarargs,
            "caller" => definition.UsesCaller,
            _ => null,
        };
        return value is not null || name == "name";
    }

    public override object? Call(JinjaRuntime runtime, Arguments arguments)
    {
        var scope = new Scope(around);
        var (parameters, named) = (definition.Parameters, new Dictionary<string, object?>(arguments.Named));
        var what = Strings.Repr(definition.Name, runtime);
        for (var i = 0; i < parameters.Count; i++)
        {
            if (i < arguments.Positional.Count)
                scope.Set(parameters[i], arguments.Positional[i]);
            else if (named.Remove(parameters[i], out var given))
                scope.Set(parameters[i], given);
            else
                scope.Set(parameters[i], definition.Defaults[i] is { } value ? value.Evaluate(runtime, scope) : Undefined.Because($"parameter {Strings.Repr(parameters[i])} was not provided"));
        }
        if (definition.UsesCaller && !parameters.Contains("caller"))
            scope.Set("caller", named.Remove("caller", out var caller) ? caller : Undefined.Because("No caller defined"));
        if (definition.UsesKwargs)
            scope.Set("kwargs", PyDict.From(named.Select(n => KeyValuePair.Create((object?)n.Key, n.Value))));
        else if (named.Count > 0)
            throw JinjaError.Python($"macro {what} takes no keyword argument {Strings.Repr(named.Keys.First())}");
        if (definition.UsesVarargs)
            scope.Set("varargs", new PyTuple([.. arguments.Positional.Skip(parameters.Count)]));
        else if (arguments.Positional.Count > parameters.Count)
            throw JinjaError.Python($"macro {what} takes not more than {parameters.Count} argument(s)");
        var text = definition.Body.Text(runtime, scope);
        return runtime.Escapes ? new Markup(text) : text;
    }
}

internal sealed class MacroStatement(MacroDefinition definition, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        scope.Set(definition.Name!, new Macro(definition, scope));
        return Flow.Next;
    }
}

internal sealed class CallStatement(CallExpression call, MacroDefinition caller, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        runtime.Print(output, call.Call(runtime, scope, new Macro(caller, scope)));
        return Flow.Next;
    }
}
