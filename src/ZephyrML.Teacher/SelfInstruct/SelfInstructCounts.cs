namespace ZephyrML.Teacher;

/// <summary>What self-instruct kept and dropped.</summary>
public sealed class SelfInstructCounts
{
    private readonly Dictionary<DropReason, int> _dropped = [];

    /// <summary>Dialogues that the continued file held already.</summary>
    public int Continued { get; internal set; }

    /// <summary>Dialogues made in this run.</summary>
    public int Made { get; internal set; }

    /// <summary>What was dropped in this run, by reason.</summary>
    public IReadOnlyDictionary<DropReason, int> Dropped => _dropped;

    /// <summary>Whether the run ended below the target size, since three passes in a row brought nothing new.</summary>
    public bool RanDry { get; internal set; }

    internal void Drop(DropReason reason) => _dropped[reason] = _dropped.GetValueOrDefault(reason) + 1;

    /// <summary>One line with all counts.</summary>
    public override string ToString() =>
        $"{Made} made, {Continued} continued" + string.Concat(_dropped.OrderBy(d => d.Key).Select(d => $", {d.Value} dropped as {d.Key}")) + (RanDry ? ", ran dry" : "");
}
