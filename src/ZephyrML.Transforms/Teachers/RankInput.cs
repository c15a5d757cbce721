namespace ZephyrML.Transforms.Teachers;

/// <summary>What Rank reads from a row.</summary>
internal sealed record RankInput(string Prompt, string Messages, string[] Candidates, string[] Models, float[] Scores, string Chosen, string Rejected, string Reference)
{
    public bool Equals(RankInput? other) => other is not null
        && Prompt == other.Prompt && Messages == other.Messages && Chosen == other.Chosen && Rejected == other.Rejected && Reference == other.Reference
        && Candidates.AsSpan().SequenceEqual(other.Candidates) && Models.AsSpan().SequenceEqual(other.Models) && Scores.AsSpan().SequenceEqual(other.Scores);

    public override int GetHashCode() => HashCode.Combine(Prompt, Messages, Candidates.Length);
}
