namespace ZephyrML.LanguageModels;

/// <summary>A part of a regular expression.</summary>
internal abstract record ExpressionNode
{
    /// <summary>A character of a set.</summary>
    internal sealed record Character(Func<int, bool> Member) : ExpressionNode;

    /// <summary>Parts one behind the other.</summary>
    internal sealed record Sequence(IReadOnlyList<ExpressionNode> Parts) : ExpressionNode;

    /// <summary>The first of several that leads to a match.</summary>
    internal sealed record Choice(IReadOnlyList<ExpressionNode> Options) : ExpressionNode;

    /// <summary>A part several times.</summary>
    /// <param name="Body">The part.</param>
    /// <param name="Least">How often at least.</param>
    /// <param name="Most">How often at most; null: without end.</param>
    /// <param name="Lazy">Whether less is tried first.</param>
    internal sealed record Repeat(ExpressionNode Body, int Least, int? Most, bool Lazy) : ExpressionNode;

    /// <summary>A part that is never gone back into.</summary>
    internal sealed record Atomic(ExpressionNode Body) : ExpressionNode;

    /// <summary>What follows, or comes before, without taking it.</summary>
    internal sealed record Look(ExpressionNode Body, bool Behind, bool Negative) : ExpressionNode;

    /// <summary>A place in the text.</summary>
    internal sealed record Place(PlaceKind Kind) : ExpressionNode;

    /// <summary>Whether it may match nothing at all.</summary>
    public bool MayBeEmpty => this switch
    {
        Character => false,
        Sequence s => s.Parts.All(p => p.MayBeEmpty),
        Choice c => c.Options.Any(o => o.MayBeEmpty),
        Repeat r => r.Least == 0 || r.Body.MayBeEmpty,
        Atomic a => a.Body.MayBeEmpty,
        _ => true,
    };

    /// <summary>How many characters it always matches, or -1 where that varies.</summary>
    public int FixedLength()
    {
        switch (this)
        {
            case Character:
                return 1;
            case Sequence s:
                var lengths = s.Parts.Select(p => p.FixedLength()).ToList();
                return lengths.Contains(-1) ? -1 : lengths.Sum();
            case Choice c:
                var options = c.Options.Select(o => o.FixedLength()).Distinct().ToList();
                return options is [var only] ? only : -1;
            case Repeat r:
                return r.Body.FixedLength() is var length and >= 0 && r.Most == r.Least ? length * r.Least : -1;
            case Atomic a:
                return a.Body.FixedLength();
            default:
                return 0;
        }
    }
}

/// <summary>Places that an expression can ask for.</summary>
internal enum PlaceKind
{
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    TextEndOrLastLineBreak,
    WordBoundary,
    NoWordBoundary,
}
