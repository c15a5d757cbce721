namespace ZephyrML.Transforms.Teachers;

/// <summary>What TeacherGenerate reads from a row.</summary>
internal sealed record GenerateInput(string Prompt, string Messages, string Response, string[] Candidates, string[] Models, string Source)
{
    public bool Equals(GenerateInput? other) => other is not null
        && Prompt == other.Prompt && Messages == other.Messages && Response == other.Response && Source == other.Source
        && Candidates.AsSpan().SequenceEqual(other.Candidates) && Models.AsSpan().SequenceEqual(other.Models);

    public override int GetHashCode() => HashCode.Combine(Prompt, Messages, Response, Candidates.Length);
}
