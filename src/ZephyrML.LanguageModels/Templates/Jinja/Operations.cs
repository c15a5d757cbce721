using System.Numerics;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Operators, subscripts and slices.</summary>
internal static class Operations
{
    public static object? Binary(string op, object? a, object? b, JinjaRuntime runtime)
    {
        if ((a as Undefined ?? b as Undefined) is { } missing && !(op == "%" && Types.Text(a) is not null))
            throw missing.Error();
        if (Numbers.Is(a) && Numbers.Is(b))
            return Numbers.Calculate(op, a, b);
        switch (op)
        {
            case "+" when a is Markup || (b is Markup && a is string):
                if (Types.Text(a) is not null && Types.Text(b) is not null)
                    return new Markup(runtime.Budget.Text(Strings.Escape(a, runtime) + Strings.Escape(b, runtime)));
                break;
            case "+" when a is string text:
                if (b is not string more)
                    throw JinjaError.Python($"can only concatenate str (not \"{Types.Name(b)}\") to str");
                runtime.Budget.Characters(text.Length + more.Length);
                return text + more;
            case "+" when a is PyList list:
                if (b is not PyList others)
                    throw JinjaError.Python($"can only concatenate list (not \"{Types.Name(b)}\") to list");
                runtime.Budget.Elements(list.Items.Count + others.Items.Count);
                return new PyList([.. list.Items, .. others.Items]);
            case "+" when a is PyTuple tuple && b is PyTuple second:
                runtime.Budget.Elements(tuple.Items.Count + second.Items.Count);
                return new PyTuple([.. tuple.Items, .. second.Items]);
            case "*" when Numbers.IsInt(b) && (a is PySequence || Types.Text(a) is not null):
                return Repeat(a, Numbers.ToBig(b), runtime);
            case "*" when Numbers.IsInt(a) && (b is PySequence || Types.Text(b) is not null):
                return Repeat(b, Numbers.ToBig(a), runtime);
            case "%" when Types.Text(a) is { } format:
                return PercentFormat.Format(format, b, runtime);
        }
        throw JinjaError.Python($"unsupported operand type(s) for {(op == "**" ? "** or pow()" : op)}: '{Types.Name(a)}' and '{Types.Name(b)}'");
    }

    private static object Repeat(object? value, BigInteger times, JinjaRuntime runtime)
    {
        var count = times.Sign < 0 ? 0 : times > int.MaxValue ? int.MaxValue : (int)times;
        if (value is PySequence sequence)
        {
            runtime.Budget.Elements((long)sequence.Items.Count * count);
            var items = Enumerable.Repeat(sequence.Items, sequence.Items.Count == 0 ? 0 : count).SelectMany(i => i).ToArray();
            return value is PyList ? new PyList(items) : new PyTuple(items);
        }
        var text = Types.Text(value)!;
        runtime.Budget.Characters((long)text.Length * count);
        var result = text.Length == 0 ? "" : new StringBuilder(text.Length * count).Insert(0, text, count).ToString();
        return value is Markup ? new Markup(result) : result;
    }

    /// <summary>What "container[key]" gives; false where Python raises a LookupError or a TypeError.</summary>
    public static bool TryItem(object? container, object? key, JinjaRuntime runtime, out object? value)
    {
        value = null;
        switch (container)
        {
            case PyDict dict:
                return key is not (PyList or PyDict) && dict.TryGet(key, out value);
            case Undefined missing:
                throw missing.Error();
        }
        if (!Numbers.IsInt(key))
            return false;
        var index = Numbers.ToBig(key);
        if (container is PySequence or PyRange or string or Markup or Bytes)
        {
            var count = Types.RequireLength(container);
            if (index.Sign < 0)
                index += count;
            if (index.Sign < 0 || index >= count)
                return false;
            value = At(container, (long)index, runtime);
            return true;
        }
        return false;
    }

    private static object? At(object? container, long index, JinjaRuntime runtime)
    {
        switch (container)
        {
            case PySequence sequence: return sequence.Items[(int)index];
            case PyRange range: return range.Start + (index * range.Step);
            case Bytes bytes: return (long)bytes.Content[index];
        }
        var text = Types.Text(container)!;
        runtime.Budget.Work(CodePoints.Simple(text) ? 0 : text.Length >> 4);
        return CodePoints.Substring(text, index, index + 1);
    }

    public static object? Slice(object? container, object? start, object? stop, object? step, JinjaRuntime runtime)
    {
        if ((container as Undefined ?? start as Undefined ?? stop as Undefined ?? step as Undefined) is { } missing)
            throw missing.Error();
        if (container is not (PySequence or PyRange or string or Markup))
            return Undefined.Member(container, "slice", runtime);
        if (new[] { start, stop, step }.FirstOrDefault(p => p is not null && !Numbers.IsInt(p)) is not null)
            throw JinjaError.Python("slice indices must be integers or None or have an __index__ method");
        var by = step is null ? 1 : Clamp(step);
        if (by == 0)
            throw JinjaError.Python("slice step cannot be zero");
        var count = Types.RequireLength(container);
        var from = Bound(start, by > 0 ? 0 : count - 1);
        var to = Bound(stop, by > 0 ? count : -1);
        var taken = new PyRange(from, to, by);
        if (container is PyRange range)
            return new PyRange(range.Start + (from * range.Step), range.Start + (to * range.Step), range.Step * by);
        if (container is PySequence sequence)
        {
            runtime.Budget.Elements(taken.Count);
            object?[] items = [.. taken.Items().Select(i => sequence.Items[(int)(long)i!])];
            return container is PyList ? new PyList(items) : new PyTuple(items);
        }
        var text = Types.Text(container)!;
        runtime.Budget.Characters(text.Length);
        var cut = by == 1 ? CodePoints.Substring(text, from, to) : string.Concat(Cut(CodePoints.Split(text), taken));
        return container is Markup ? new Markup(cut) : cut;

        long Bound(object? value, long otherwise)
        {
            if (value is null)
                return otherwise;
            var at = Clamp(value);
            at = at < 0 ? at + count : at;
            return by > 0 ? Math.Clamp(at, 0, count) : Math.Clamp(at, -1, count - 1);
        }

        static IEnumerable<string> Cut(List<string> characters, PyRange which) => which.Items().Select(i => characters[(int)(long)i!]);
    }

    // Far beyond all lengths, and far enough from the end of long.
    private static long Clamp(object value) => (long)BigInteger.Min(BigInteger.Max(Numbers.ToBig(value), -(1L << 40)), 1L << 40);
}
