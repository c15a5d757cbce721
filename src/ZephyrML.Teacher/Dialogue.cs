namespace ZephyrML.Teacher;

/// <summary>A conversation of a user with an assistant, a system turn in front where there is one. The form of the column Messages.</summary>
/// <param name="Turns">The turns in their order.</param>
public sealed record Dialogue(IReadOnlyList<DialogueTurn> Turns)
{
    /// <summary>One instruction and its answer.</summary>
    public static Dialogue Of(string instruction, string answer) => new([new("user", instruction), new("assistant", answer)]);

    /// <summary>What the user said first; empty without a user turn.</summary>
    public string Instruction => Turns.FirstOrDefault(t => t.Role == "user")?.Content ?? "";

    /// <summary>What the assistant said last; empty without an assistant turn.</summary>
    public string Response => Turns.LastOrDefault(t => t.Role == "assistant")?.Content ?? "";

    /// <summary>Equal turns make equal dialogues.</summary>
    public bool Equals(Dialogue? other) => other is not null && Turns.SequenceEqual(other.Turns);

    /// <inheritdoc/>
    public override int GetHashCode() => Turns.Aggregate(17, (h, t) => HashCode.Combine(h, t));
}
