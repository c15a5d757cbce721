namespace ZephyrML.Teacher;

/// <summary>What self-instruct kept, dropped and changed. A continued file keeps the counts of the run that it was stopped in, so that they add up as if it had never been.</summary>
public sealed class SelfInstructCounts
{
    private readonly Dictionary<DropReason, int> _dropped = [];

    /// <summary>Dialogues that the continued file held already.</summary>
    public int Continued { get; internal set; }

    /// <summary>Dialogues made in this run.</summary>
    public int Made { get; internal set; }

    /// <summary>What was dropped, by reason.</summary>
    public IReadOnlyDictionary<DropReason, int> Dropped => _dropped;

    /// <summary>Instructions, user's turns and answers whose capitals were repaired.</summary>
    public int Truecased { get; internal set; }

    /// <summary>Dialogues that have fewer rounds than they were to have, since the teacher gave no usable turn.</summary>
    public int EndedEarly { get; internal set; }

    /// <summary>Whether the run ended below the target size, since three passes in a row brought nothing new.</summary>
    public bool RanDry { get; internal set; }

    internal void Drop(DropReason reason, int times = 1) => _dropped[reason] = _dropped.GetValueOrDefault(reason) + times;

    internal void Add(SelfInstructCounts other)
    {
        foreach (var (reason, times) in other._dropped)
            Drop(reason, times);
        Truecased += other.Truecased;
        EndedEarly += other.EndedEarly;
    }

    /// <summary>One line with all counts.</summary>
    public override string ToString() =>
        $"{Made} made, {Continued} continued" + string.Concat(_dropped.OrderBy(d => d.Key).Select(d => $", {d.Value} dropped as {d.Key}"))
        + (Truecased > 0 ? $", {Truecased} truecased" : "") + (EndedEarly > 0 ? $", {EndedEarly} ended early" : "") + (RanDry ? ", ran dry" : "");
}
