namespace ZephyrML.Teacher;

/// <summary>What a step of self-instruct made: a dialogue, or the reason why not, or (where its seed has no answer) nothing.</summary>
/// <param name="NewInstruction">The instruction that the teacher made; null where the seed itself was answered.</param>
/// <param name="Dialogue">The dialogue.</param>
/// <param name="Dropped">Why there is none.</param>
internal readonly record struct SelfInstructMade(string? NewInstruction, Dialogue? Dialogue, DropReason? Dropped)
{
    /// <summary>How many of its texts had their capitals repaired.</summary>
    public int Truecased { get; init; }

    /// <summary>Whether it has fewer rounds than it was to have.</summary>
    public bool EndedEarly { get; init; }
}
