namespace ZephyrML.LanguageModels;

/// <summary>
/// Runs an <see cref="ExpressionProgram"/> over one text by going back, which finds what Oniguruma finds. Where it goes back often, it remembers what has failed, so that no
/// place is tried twice; and there is a bound on its steps.
/// </summary>
internal ref struct ExpressionMatcher
{
    private const int StepsACharacter = 60;
    private const int FreeSteps = 1_000_000;
    private const int MostRemembered = 2_000_000;
    private readonly ExpressionInstruction[] program;
    private readonly ReadOnlySpan<char> text;
    private readonly long most;
    private readonly List<(int Step, int At)> pending = [];
    private HashSet<long>? failed;
    private Dictionary<long, int>? inner;
    private long steps;
    private long rememberFrom;

    public ExpressionMatcher(ExpressionInstruction[] program, ReadOnlySpan<char> text)
    {
        this.program = program;
        this.text = text;
        most = FreeSteps + ((long)StepsACharacter * text.Length);
        rememberFrom = 50_000;
    }

    /// <summary>Whether the bound was reached: what was found does not count then.</summary>
    public bool TooSlow { get; private set; }

    /// <summary>Where the match at a place ends, or -1.</summary>
    public int Match(int at)
    {
        var end = Run(0, at);
        if (end >= 0)
        {
            // What was gone through on the way to a match has not failed.
            failed = null;
            rememberFrom = steps + 50_000;
        }
        return end;
    }

    private int Run(int start, int from)
    {
        var bottom = pending.Count;
        var (step, at) = (start, from);
        while (true)
        {
            if (++steps > most || pending.Count > MostRemembered * 2)
            {
                TooSlow = true;
                break;
            }
            ref readonly var now = ref program[step];
            var goesOn = true;
            switch (now.Step)
            {
                case ExpressionStep.Character:
                    if (at < text.Length && CharClasses.At(text, at) is var c && now.Member!(c))
                    {
                        at += CharClasses.Length(c);
                        step++;
                    }
                    else
                        goesOn = false;
                    break;
                case ExpressionStep.Split:
                    if (steps > rememberFrom && bottom == 0 && !Remember(step, at))
                        goesOn = false;
                    else
                    {
                        pending.Add((now.Second, at));
                        step = now.First;
                    }
                    break;
                case ExpressionStep.Jump:
                    step = now.First;
                    break;
                case ExpressionStep.Place:
                    goesOn = IsAt(now.Place, at);
                    step++;
                    break;
                case ExpressionStep.Inner:
                    var end = Inner(now, step, at);
                    goesOn = !TooSlow && end >= 0 != now.Negative;
                    if (goesOn && !now.Look)
                        at = end;
                    step = now.First;
                    break;
                default:
                    pending.RemoveRange(bottom, pending.Count - bottom);
                    return at;
            }
            if (goesOn)
                continue;
            if (TooSlow || pending.Count == bottom)
                break;
            (step, at) = pending[^1];
            pending.RemoveAt(pending.Count - 1);
        }
        pending.RemoveRange(bottom, pending.Count - bottom);
        return -1;
    }

    // False where the step has failed at this place before.
    private bool Remember(int step, int at)
    {
        failed ??= [];
        if (failed.Count < MostRemembered)
            return failed.Add(Key(step, at));
        return !failed.Contains(Key(step, at));
    }

    // Not side by side in one number: its hash would be the same for very many.
    private readonly long Key(int step, int at) => ((long)at * program.Length) + step;

    private int Inner(ExpressionInstruction now, int step, int at)
    {
        var key = Key(step, at);
        if (inner is not null && inner.TryGetValue(key, out var known))
            return known;
        var from = at;
        for (var back = now.Second; back > 0; back--)
        {
            if (from == 0)
                return -1;
            from -= from > 1 && char.IsSurrogatePair(text[from - 2], text[from - 1]) ? 2 : 1;
        }
        // The outer run's places stay below, and what an inner run fails at is not what the outer does.
        pending.Add((-1, 0));
        var end = Run(step + 1, from);
        pending.RemoveAt(pending.Count - 1);
        if (steps > rememberFrom && !TooSlow && (inner ??= []).Count < MostRemembered)
            inner[key] = end;
        return end;
    }

    private readonly bool IsAt(PlaceKind place, int at) => place switch
    {
        PlaceKind.TextStart => at == 0,
        PlaceKind.TextEnd => at == text.Length,
        PlaceKind.TextEndOrLastLineBreak => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
        PlaceKind.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
        PlaceKind.LineEnd => at == text.Length || text[at] == '\n',
        _ => (IsWord(at - 1, before: true) != IsWord(at, before: false)) == (place == PlaceKind.WordBoundary),
    };

    private readonly bool IsWord(int at, bool before)
    {
        if (at < 0 || at >= text.Length)
            return false;
        if (before && at > 0 && char.IsSurrogatePair(text[at - 1], text[at]))
            at--;
        return CharacterSets.IsWord(CharClasses.At(text, at));
    }
}
