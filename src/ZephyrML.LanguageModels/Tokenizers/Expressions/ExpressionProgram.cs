namespace ZephyrML.LanguageModels;

/// <summary>What a step of an <see cref="ExpressionProgram"/> does.</summary>
internal enum ExpressionStep
{
    /// <summary>Takes a character of a set.</summary>
    Character,

    /// <summary>Goes on at First, and if that fails at Second.</summary>
    Split,

    /// <summary>Goes on at First.</summary>
    Jump,

    /// <summary>Asks for a place.</summary>
    Place,

    /// <summary>Runs what follows up to Match by itself, then goes on at First: behind it, or for a look without taking it.</summary>
    Inner,

    /// <summary>The end.</summary>
    Match,
}

/// <summary>A step.</summary>
/// <param name="Step">What it does.</param>
/// <param name="First">Where it goes on.</param>
/// <param name="Second">Where it goes on if that fails; for a look behind how many characters to step back.</param>
/// <param name="Member">The set.</param>
/// <param name="Place">The place.</param>
/// <param name="Look">Whether an inner part is only looked at.</param>
/// <param name="Negative">Whether it must not match.</param>
internal readonly record struct ExpressionInstruction(
    ExpressionStep Step, int First = 0, int Second = 0, Func<int, bool>? Member = null, PlaceKind Place = default, bool Look = false, bool Negative = false);

/// <summary>A regular expression as steps.</summary>
internal sealed class ExpressionProgram
{
    private const int MostSteps = 20_000;
    private readonly List<ExpressionInstruction> steps = [];
    private readonly string pattern;

    private ExpressionProgram(string pattern) => this.pattern = pattern;

    /// <exception cref="NotSupportedException">The expression cannot be read, or asks for what is not supported; the message names it.</exception>
    public static ExpressionInstruction[] Compile(string pattern)
    {
        var program = new ExpressionProgram(pattern);
        program.Add(ExpressionParser.Parse(pattern));
        program.Emit(new(ExpressionStep.Match));
        return [.. program.steps];
    }

    private NotSupportedException Refused(string what) => new($"The split pattern {(pattern.Length > 200 ? pattern[..200] + "..." : pattern)} has {what}, which is not supported.");

    private int Emit(ExpressionInstruction step)
    {
        if (steps.Count == MostSteps)
            throw Refused($"more than {MostSteps} steps");
        steps.Add(step);
        return steps.Count - 1;
    }

    private void Add(ExpressionNode node)
    {
        switch (node)
        {
            case ExpressionNode.Character c:
                Emit(new(ExpressionStep.Character, Member: c.Member));
                break;
            case ExpressionNode.Place p:
                Emit(new(ExpressionStep.Place, Place: p.Kind));
                break;
            case ExpressionNode.Sequence s:
                foreach (var part in s.Parts)
                    Add(part);
                break;
            case ExpressionNode.Choice c:
                AddChoice(c.Options);
                break;
            case ExpressionNode.Repeat r:
                AddRepeat(r);
                break;
            case ExpressionNode.Atomic a:
                AddInner(a.Body, new(ExpressionStep.Inner));
                break;
            case ExpressionNode.Look { Behind: false } l:
                AddInner(l.Body, new(ExpressionStep.Inner, Look: true, Negative: l.Negative));
                break;
            case ExpressionNode.Look l:
                AddBehind(l);
                break;
        }
    }

    private void AddChoice(IReadOnlyList<ExpressionNode> options)
    {
        var ends = new List<int>();
        for (var i = 0; i < options.Count; i++)
        {
            var split = i < options.Count - 1 ? Emit(default) : -1;
            Add(options[i]);
            if (split < 0)
                break;
            ends.Add(Emit(default));
            steps[split] = new(ExpressionStep.Split, split + 1, steps.Count);
        }
        foreach (var end in ends)
            steps[end] = new(ExpressionStep.Jump, steps.Count);
    }

    private void AddRepeat(ExpressionNode.Repeat repeat)
    {
        for (var i = 0; i < repeat.Least; i++)
            Add(repeat.Body);
        if (repeat.Most is not { } most)
        {
            var loop = Emit(default);
            Add(repeat.Body);
            Emit(new(ExpressionStep.Jump, loop));
            steps[loop] = Split(loop + 1, steps.Count, repeat.Lazy);
            return;
        }
        var splits = new List<int>();
        for (var i = repeat.Least; i < most; i++)
        {
            splits.Add(Emit(default));
            Add(repeat.Body);
        }
        foreach (var split in splits)
            steps[split] = Split(split + 1, steps.Count, repeat.Lazy);
    }

    private static ExpressionInstruction Split(int body, int end, bool lazy) => lazy ? new(ExpressionStep.Split, end, body) : new(ExpressionStep.Split, body, end);

    private void AddInner(ExpressionNode body, ExpressionInstruction inner)
    {
        var start = Emit(default);
        Add(body);
        Emit(new(ExpressionStep.Match));
        steps[start] = inner with { First = steps.Count };
    }

    // Each alternative looks back by its own length.
    private void AddBehind(ExpressionNode.Look look)
    {
        var options = look.Body is ExpressionNode.Choice choice ? choice.Options : [look.Body];
        if (options.Any(o => o.FixedLength() < 0))
            throw Refused("a look behind of no fixed length");
        if (look.Negative)
        {
            foreach (var option in options)
                AddInner(option, new(ExpressionStep.Inner, Second: option.FixedLength(), Look: true, Negative: true));
            return;
        }
        var ends = new List<int>();
        for (var i = 0; i < options.Count; i++)
        {
            var split = i < options.Count - 1 ? Emit(default) : -1;
            AddInner(options[i], new(ExpressionStep.Inner, Second: options[i].FixedLength(), Look: true));
            if (split < 0)
                break;
            ends.Add(Emit(default));
            steps[split] = new(ExpressionStep.Split, split + 1, steps.Count);
        }
        foreach (var end in ends)
            steps[end] = new(ExpressionStep.Jump, steps.Count);
    }
}
