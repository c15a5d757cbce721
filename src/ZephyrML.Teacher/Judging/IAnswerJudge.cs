namespace ZephyrML.Teacher;

/// <summary>Scores the answers that several models gave to one prompt. Safe for use by several threads.</summary>
public interface IAnswerJudge
{
    /// <summary>The judge's name, for messages and the lineage.</summary>
    string Name { get; }

    /// <summary>Scores all answers of a row.</summary>
    /// <exception cref="TeacherException">The judge could not be asked. (An answer that it does not understand is no exception but a missing score.)</exception>
    Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default);
}
