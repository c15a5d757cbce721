namespace ZephyrML.LanguageModels.Jinja;

/// <summary>"name.attribute" as the target of a set.</summary>
internal sealed class NamespaceTarget(string name, string attribute) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => throw new InvalidOperationException();

    public void Set(object? value, Scope scope)
    {
        if (scope.Get(name) is not PyNamespace space)
            throw new JinjaError(JinjaErrorKind.Runtime, "cannot assign attribute on non-namespace object");
        space.Set(attribute, value);
    }
}

/// <summary>Gives names their values, also several at once.</summary>
internal static class Assignment
{
    public static void Assign(Expression target, object? value, Scope scope, JinjaRuntime runtime)
    {
        switch (target)
        {
            case Variable variable: scope.Set(variable.Name, value); break;
            case NamespaceTarget space: space.Set(value, scope); break;
            case ListExpression several:
                var values = Types.Elements(value) is null ? throw JinjaError.Python($"cannot unpack non-iterable {Types.Name(value)} object") : Types.ToList(value, runtime);
                if (values.Count != several.Items.Count)
                {
                    throw JinjaError.Python(values.Count > several.Items.Count ? $"too many values to unpack (expected {several.Items.Count})"
                        : $"not enough values to unpack (expected {several.Items.Count}, got {values.Count})");
                }
                for (var i = 0; i < values.Count; i++)
                    Assign(several.Items[i], values[i], scope, runtime);
                break;
            default: throw new InvalidOperationException();
        }
    }
}

internal sealed class SetStatement(Expression target, Expression value, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        Assignment.Assign(target, value.Evaluate(runtime, scope), scope, runtime);
        return Flow.Next;
    }
}

internal sealed class SetBlockStatement(Expression target, FilterExpression? filter, Body body, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        var text = body.Text(runtime, new Scope(scope));
        object? value = runtime.Escapes ? new Markup(text) : text;
        Assignment.Assign(target, filter is null ? value : filter.Apply(runtime, scope, value), scope, runtime);
        return Flow.Next;
    }
}
