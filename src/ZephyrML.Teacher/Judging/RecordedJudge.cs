namespace ZephyrML.Teacher;

/// <summary>Replays recorded scores by prompt and answer (and model, where two models gave the same answer); asks nobody. What was not recorded is NaN, and counted.</summary>
public sealed class RecordedJudge : IAnswerJudge
{
    private readonly Dictionary<(string Prompt, string Candidate, string? Model), float> _scores = [];
    private long _misses;

    /// <summary>Makes a judge.</summary>
    /// <param name="scores">What was recorded.</param>
    /// <param name="name">The judge's name.</param>
    /// <exception cref="ArgumentException">Two records give one answer of one model different scores.</exception>
    public RecordedJudge(IEnumerable<RecordedScore> scores, string name = "recorded")
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        foreach (var record in scores)
        {
            if (!_scores.TryAdd((record.Prompt, record.Candidate, record.Model), record.Score) && !_scores[(record.Prompt, record.Candidate, record.Model)].Equals(record.Score))
                throw new ArgumentException($"Two recorded scores for one answer of model '{record.Model ?? "unknown"}' to the prompt '{Short(record.Prompt)}'.", nameof(scores));
            if (record.Model is not null)
                _scores.TryAdd((record.Prompt, record.Candidate, null), record.Score);
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>How many answers it was asked about that have no record.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <inheritdoc/>
    public Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        var scores = new float[request.Candidates.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            var model = i < request.CandidateModels.Count ? request.CandidateModels[i] : null;
            if (_scores.TryGetValue((request.Prompt, request.Candidates[i], model), out scores[i]) || _scores.TryGetValue((request.Prompt, request.Candidates[i], null), out scores[i]))
                continue;
            scores[i] = float.NaN;
            if (!string.IsNullOrWhiteSpace(request.Candidates[i]))
                Interlocked.Increment(ref _misses);
        }
        return Task.FromResult(new Judgement(scores));
    }

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
