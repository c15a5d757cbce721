using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>Scores an answer by its length, and counts.</summary>
internal sealed class FakeJudge : IAnswerJudge
{
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public string Name => "length";

    public Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        return Task.FromResult(new Judgement([.. request.Candidates.Select(candidate => (float)candidate.Length)]));
    }
}
