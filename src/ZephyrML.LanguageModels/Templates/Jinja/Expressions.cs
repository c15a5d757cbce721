namespace ZephyrML.LanguageModels.Jinja;

/// <summary>An expression; evaluates itself.</summary>
internal abstract class Expression
{
    public object? Evaluate(JinjaRuntime runtime, Scope scope)
    {
        runtime.Budget.Step();
        return Value(runtime, scope);
    }

    protected abstract object? Value(JinjaRuntime runtime, Scope scope);
}

internal sealed class Literal(object? value) : Expression
{
    public object? Content => value;

    protected override object? Value(JinjaRuntime runtime, Scope scope) => value;
}

internal sealed class Variable(string name) : Expression
{
    public string Name => name;

    protected override object? Value(JinjaRuntime runtime, Scope scope) => scope.Get(name);
}

internal sealed class ListExpression(IReadOnlyList<Expression> items, bool tuple) : Expression
{
    public IReadOnlyList<Expression> Items => items;

    public bool IsTuple => tuple;

    protected override object? Value(JinjaRuntime runtime, Scope scope)
    {
        runtime.Budget.Elements(items.Count);
        object?[] values = [.. items.Select(i => i.Evaluate(runtime, scope))];
        return tuple ? new PyTuple(values) : new PyList(values);
    }
}

internal sealed class DictExpression(IReadOnlyList<(Expression Key, Expression Value)> items) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope)
    {
        runtime.Budget.Elements(items.Count);
        var dict = new PyDict();
        foreach (var (key, value) in items)
            dict[key.Evaluate(runtime, scope)] = value.Evaluate(runtime, scope);
        return dict;
    }
}

internal sealed class BinaryExpression(string op, Expression left, Expression right) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => Operations.Binary(op, left.Evaluate(runtime, scope), right.Evaluate(runtime, scope), runtime);
}

internal sealed class Concatenation(IReadOnlyList<Expression> parts) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope)
    {
        object?[] values = [.. parts.Select(p => p.Evaluate(runtime, scope))];
        if (runtime.Escapes && values.Any(v => v is Markup))
            return new Markup(runtime.Budget.Text(string.Concat(values.Select(v => Strings.Escape(v, runtime)))));
        string[] texts = [.. values.Select(v => Strings.Str(v, runtime))];
        runtime.Budget.Characters(texts.Sum(t => (long)t.Length));
        return string.Concat(texts);
    }
}

internal sealed class SignExpression(bool minus, Expression operand) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope)
    {
        var value = operand.Evaluate(runtime, scope);
        if (value is Undefined missing)
            throw missing.Error();
        if (!Numbers.Is(value))
            throw JinjaError.Python($"bad operand type for unary {(minus ? '-' : '+')}: '{Types.Name(value)}'");
        return minus ? Numbers.Negate(value) : value is bool ? Numbers.Int(Numbers.ToBig(value)) : value;
    }
}

internal sealed class NotExpression(Expression operand) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => !Types.Truth(operand.Evaluate(runtime, scope));
}

internal sealed class LogicalExpression(bool and, Expression left, Expression right) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope)
    {
        var value = left.Evaluate(runtime, scope);
        return Types.Truth(value) == and ? right.Evaluate(runtime, scope) : value;
    }
}

internal sealed class Comparison(Expression first, IReadOnlyList<(string Op, Expression Operand)> rest) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope)
    {
        var left = first.Evaluate(runtime, scope);
        foreach (var (op, operand) in rest)
        {
            var right = operand.Evaluate(runtime, scope);
            if (!(op is "in" or "not in" ? Compare.Contains(left, right, runtime) == (op == "in") : Compare.Test(op, left, right)))
                return false;
            left = right;
        }
        return true;
    }
}

internal sealed class Conditional(Expression test, Expression then, Expression? otherwise) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => Types.Truth(test.Evaluate(runtime, scope)) ? then.Evaluate(runtime, scope)
        : otherwise is null ? Undefined.Because($"the inline if-expression on line {runtime.Line} evaluated to false and no else section was defined.") : otherwise.Evaluate(runtime, scope);
}

internal sealed class AttributeExpression(Expression of, string name) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => Attributes.Get(of.Evaluate(runtime, scope), name, runtime);
}

internal sealed class ItemExpression(Expression of, Expression key) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => Attributes.Item(of.Evaluate(runtime, scope), key.Evaluate(runtime, scope), runtime);
}

internal sealed class SliceExpression(Expression of, Expression? start, Expression? stop, Expression? step) : Expression
{
    protected override object? Value(JinjaRuntime runtime, Scope scope) => Operations.Slice(
        of.Evaluate(runtime, scope), start?.Evaluate(runtime, scope), stop?.Evaluate(runtime, scope), step?.Evaluate(runtime, scope), runtime);
}
