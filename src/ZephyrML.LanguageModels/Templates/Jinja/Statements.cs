namespace ZephyrML.LanguageModels.Jinja;

/// <summary>What a statement leaves behind: nothing special, or the end of a round or a loop.</summary>
internal enum Flow
{
    Next,
    Continue,
    Break,
}

/// <summary>A statement; runs itself.</summary>
internal abstract class Statement(int line)
{
    public int Line => line;

    public Flow Run(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        runtime.Budget.Step();
        runtime.Line = line;
        return Do(runtime, scope, output);
    }

    protected abstract Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output);
}

/// <summary>Statements one after the other.</summary>
internal sealed record Body(IReadOnlyList<Statement> Statements)
{
    public Flow Run(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        foreach (var statement in Statements)
        {
            if (statement.Run(runtime, scope, output) is var flow && flow != Flow.Next)
                return flow;
        }
        return Flow.Next;
    }

    /// <summary>Runs in a scope of its own and gives the text.</summary>
    public string Text(JinjaRuntime runtime, Scope inner)
    {
        var output = runtime.Root.Inner();
        Run(runtime, inner, output);
        return output.ToString();
    }
}

internal sealed class DataStatement(string text, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        output.Add(text, runtime);
        return Flow.Next;
    }
}

internal sealed class PrintStatement(IReadOnlyList<Expression> values, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        foreach (var value in values)
            runtime.Print(output, value.Evaluate(runtime, scope));
        return Flow.Next;
    }
}

internal sealed class IfStatement(IReadOnlyList<(Expression Test, Body Body)> branches, Body? otherwise, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        foreach (var (test, body) in branches)
        {
            if (Types.Truth(test.Evaluate(runtime, scope)))
                return body.Run(runtime, scope, output);
        }
        return otherwise?.Run(runtime, scope, output) ?? Flow.Next;
    }
}

internal sealed class LoopControl(Flow flow, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output) => flow;
}

internal sealed class ForStatement(Expression target, Expression iterable, Expression? test, Body body, Body? otherwise, bool recursive, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        Loop(runtime, scope, output, iterable.Evaluate(runtime, scope), 0);
        return Flow.Next;
    }

    private void Loop(JinjaRuntime runtime, Scope scope, JinjaOutput output, object? over, int depth)
    {
        var items = Types.ToList(over, runtime);
        if (test is not null)
        {
            items = [.. items.Where(item =>
            {
                runtime.Budget.Work(8);
                var inner = new Scope(scope);
                Assignment.Assign(target, item, inner, runtime);
                return Types.Truth(test.Evaluate(runtime, inner));
            })];
        }
        var loop = new LoopContext(items, depth, recursive ? Recurse : null);
        for (; loop.Index < items.Count; loop.Index++)
        {
            runtime.Budget.Work(8);
            var inner = new Scope(scope);
            inner.Set("loop", loop);
            Assignment.Assign(target, items[loop.Index], inner, runtime);
            if (body.Run(runtime, inner, output) == Flow.Break)
                break;
        }
        if (items.Count == 0)
            otherwise?.Run(runtime, new Scope(scope), output);

        string Recurse(object? more)
        {
            var inner = runtime.Root.Inner();
            Loop(runtime, scope, inner, more, depth + 1);
            return inner.ToString();
        }
    }
}

/// <summary>Runs a body in a scope of its own with values set: with.</summary>
internal sealed class WithStatement(IReadOnlyList<(Expression Target, Expression Value)> values, Body body, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        var inner = new Scope(scope);
        foreach (var (target, value) in values)
            Assignment.Assign(target, value.Evaluate(runtime, scope), inner, runtime);
        return body.Run(runtime, inner, output);
    }
}

internal sealed class FilterStatement(FilterExpression filter, Body body, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        var text = body.Text(runtime, new Scope(scope));
        runtime.Print(output, filter.Apply(runtime, scope, runtime.Escapes ? new Markup(text) : text));
        return Flow.Next;
    }
}

internal sealed class AutoescapeStatement(Expression value, Body body, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        var before = runtime.Escapes;
        runtime.Escapes = Types.Truth(value.Evaluate(runtime, scope));
        var flow = body.Run(runtime, new Scope(scope), output);
        runtime.Escapes = before;
        return flow;
    }
}

/// <summary>{% block %}: without inheritance it stands for itself, but sees only what is set at the top.</summary>
internal sealed class BlockStatement(Body body, bool scoped, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        body.Run(runtime, new Scope(scoped ? scope : scope.Outermost()), output);
        return Flow.Next;
    }
}

/// <summary>include, import, extends: there is nothing to load from.</summary>
internal sealed class LoadStatement(Expression template, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        template.Evaluate(runtime, scope);
        throw JinjaError.Python("no loader for this environment specified");
    }
}

/// <summary>{% generation %}: what the assistant says.</summary>
internal sealed class GenerationStatement(Body body, int line) : Statement(line)
{
    protected override Flow Do(JinjaRuntime runtime, Scope scope, JinjaOutput output)
    {
        var before = runtime.Spans.Count;
        var text = body.Text(runtime, new Scope(scope));
        var start = runtime.Root.CodePoints;
        runtime.Budget.Elements(1);
        runtime.SpansAstray |= output != runtime.Root || runtime.Spans.Count > before;
        runtime.Spans.Add((start, start + CodePoints.Count(text)));
        output.Add(text, runtime);
        return Flow.Next;
    }
}
