namespace ZephyrML.LanguageModels.Jinja;

/// <summary>The variable "loop".</summary>
internal sealed class LoopContext(IReadOnlyList<object?> items, int depth, Func<object?, string>? recurse) : PyCallable
{
    private object?[]? last;

    public int Index { get; set; }

    public long Length => items.Count;

    public override string TypeName => "LoopContext";

    public override string Repr() => $"<LoopContext {Index + 1}/{items.Count}>";

    public override object? Call(JinjaRuntime runtime, Arguments arguments)
        => recurse is null ? throw JinjaError.Python("The loop must have the 'recursive' marker to be called recursively.") : recurse(arguments.Require(0, "iterable"));

    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "index" => Index + 1L,
            "index0" => (long)Index,
            "revindex" => Length - Index,
            "revindex0" => Length - Index - 1,
            "first" => Index == 0,
            "last" => Index == items.Count - 1,
            "length" => Length,
            "depth" => depth + 1L,
            "depth0" => (long)depth,
            "previtem" => Index > 0 ? items[Index - 1] : Undefined.Because("there is no previous item"),
            "nextitem" => Index < items.Count - 1 ? items[Index + 1] : Undefined.Because("there is no next item"),
            "cycle" => new PyFunction("cycle", (_, a) => a.Positional.Count > 0 ? a.Positional[Index % a.Positional.Count] : throw JinjaError.Python("no items for cycling given"), "method"),
            "changed" => new PyFunction("changed", (_, a) => Changed(a.Positional), "method"),
            _ => null,
        };
        return value is not null || name is "previtem" or "nextitem";
    }

    private bool Changed(IReadOnlyList<object?> values)
    {
        if (last is not null && Compare.Equal(new PyTuple(last), new PyTuple(values)))
            return false;
        last = [.. values];
        return true;
    }
}
