namespace ZephyrML.Teacher;

/// <summary>The answers to one prompt.</summary>
/// <param name="Response">The teacher's; empty where it was not asked.</param>
/// <param name="Candidates">The pool's, in its order; empty where it was not asked.</param>
/// <param name="CandidateModels">Who gave each.</param>
public sealed record GeneratedAnswers(string Response, IReadOnlyList<string> Candidates, IReadOnlyList<string> CandidateModels)
{
    /// <summary>What failed and was left out (<see cref="OnTeacherFailure.Skip"/>); empty where all answered.</summary>
    public IReadOnlyList<TeacherException> Failures { get; init; } = [];
}
