using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>One rendering: its budget, its clock and what it has put out.</summary>
internal sealed class JinjaRuntime(JinjaLimits limits, DateTime now)
{
    public JinjaBudget Budget { get; } = new(limits);

    public DateTime Now => now;

    /// <summary>Whether what is printed is escaped ({% autoescape %}).</summary>
    public bool Escapes { get; set; }

    /// <summary>The line that is being run.</summary>
    public int Line { get; set; }

    public JinjaOutput Root { get; } = new(limits.Output);

    /// <summary>Spans of generation blocks in code points, as transformers counts them: what the template as a whole has put out so far, and the length of the block.</summary>
    public List<(int Start, int End)> Spans { get; } = [];

    /// <summary>Whether a span is not where its text is, since the block stood in a macro, a set block or the like.</summary>
    public bool SpansAstray { get; set; }

    public void Print(JinjaOutput output, object? value) => output.Add(Escapes ? Strings.Escape(value, this) : Strings.Str(value, this), this);

    public object? Call(object? function, string name, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?>? named)
    {
        switch (function)
        {
            case PyCallable callable:
                Budget.Enter();
                var result = callable.Call(this, new Arguments(name, positional, named));
                Budget.Leave();
                return result;
            case Undefined missing: throw missing.Error();
            default: throw JinjaError.Python($"'{Types.Name(function)}' object is not callable");
        }
    }
}

/// <summary>Text that is being put out: the whole template's, or that of a macro or block.</summary>
internal sealed class JinjaOutput(int limit)
{
    private readonly StringBuilder text = new();

    public int CodePoints { get; private set; }

    public void Add(string part, JinjaRuntime runtime)
    {
        runtime.Budget.Output((long)text.Length + part.Length);
        runtime.Budget.Characters(part.Length);
        text.Append(part);
        CodePoints += Jinja.CodePoints.Count(part);
    }

    public JinjaOutput Inner() => new(limit);

    public override string ToString() => text.ToString();
}
