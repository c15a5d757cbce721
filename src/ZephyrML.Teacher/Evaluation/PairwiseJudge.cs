using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Compares two answers by a chat client. Judges favour the place where an answer stands, so by default each pair is shown in both orders and a verdict that changes with
/// the order is a tie. A reply that cannot be read is asked for again a few times; then the comparison has no outcome.
/// </summary>
public sealed class PairwiseJudge
{
    private readonly IChatClient _client;
    private readonly PairwiseJudgeOptions _options;

    /// <summary>Makes a judge.</summary>
    /// <param name="client">Who judges. It is not disposed of here.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <exception cref="ArgumentException">The options are invalid.</exception>
    public PairwiseJudge(IChatClient client, PairwiseJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _options = (options ?? new()).Copy();
        _options.Validate();
        Name = _options.Name ?? client.GetService<ChatClientMetadata>()?.DefaultModelId ?? "judge";
    }

    /// <summary>The judge's name, for messages and reports.</summary>
    public string Name { get; }

    /// <summary>Compares the answers of every question.</summary>
    /// <param name="questions">What is compared: the first answers against the second ones.</param>
    /// <param name="progress">Told about rate and time left; null: nobody.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The first answers' win rate, and what is known of the judge's habits.</returns>
    /// <exception cref="TeacherException">The judge could not be asked; the message names the row.</exception>
    public async Task<JudgedMetrics> CompareAsync(IReadOnlyList<PairwiseQuestion> questions, IProgress<TeacherProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        if (questions.Count == 0)
            throw new ArgumentException("There is nothing to compare: no question was given.", nameof(questions));
        var meter = new TeacherProgressMeter("comparing answers", questions.Count, progress, _client);
        var judgements = new PairwiseJudgement[questions.Count];
        await Parallel.ForAsync(0, questions.Count, new ParallelOptions { MaxDegreeOfParallelism = _options.MaxConcurrency, CancellationToken = cancellationToken }, async (i, token) =>
        {
            judgements[i] = await JudgeAsync(questions[i], token).ConfigureAwait(false);
            meter.Count();
        }).ConfigureAwait(false);
        return new JudgedMetrics(Name, questions, judgements);
    }

    /// <summary>Compares two answers.</summary>
    /// <exception cref="TeacherException">The judge could not be asked.</exception>
    public async Task<PairwiseJudgement> JudgeAsync(PairwiseQuestion question, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        var stream = new SeedStream(_options.Seed, "pairwise", TextHash.Of(question.Instruction, question.First, question.Second));
        bool[] orders = _options.Order == PairwiseOrder.Both ? [false, true] : [stream.Next(2) == 1];
        string tag;
        do
            tag = $"{stream.NextUInt64() >> 16:x12}";
        while (new[] { question.Instruction, question.First, question.Second }.Any(t => t.Contains(tag, StringComparison.OrdinalIgnoreCase)));
        var calls = await Task.WhenAll(orders.Select(swapped => AskAsync(question, swapped, tag, cancellationToken))).ConfigureAwait(false);
        var verdicts = calls.Select(c => c.Verdict).Distinct().ToList();
        return new(verdicts.Contains(PairwiseVerdict.Unread) ? PairwiseVerdict.Unread : verdicts.Count == 1 ? verdicts[0] : PairwiseVerdict.Tie, calls);
    }

    private async Task<PairwiseCall> AskAsync(PairwiseQuestion question, bool swapped, string tag, CancellationToken cancellationToken)
    {
        var (first, second) = swapped ? (question.Second, question.First) : (question.First, question.Second);
        ChatMessage[] messages = [new(ChatRole.System, PairwisePrompt.System), new(ChatRole.User, PairwisePrompt.Render(question.Instruction, first, second, tag))];
        var reply = "";
        for (var attempt = 0; attempt <= _options.MaxReasks; attempt++)
        {
            try
            {
                var options = new ChatOptions { Temperature = _options.Temperature, MaxOutputTokens = _options.MaxOutputTokens }.WithSample(attempt);
                reply = (await _client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).Text;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw TeacherException.Of($"Row {question.Row}: judge '{Name}' failed: ", e);
            }
            var verdict = PairwisePrompt.Parse(reply, tag);
            if (verdict == PairwiseVerdict.Unread)
                continue;
            if (swapped && verdict != PairwiseVerdict.Tie)
                verdict = verdict == PairwiseVerdict.First ? PairwiseVerdict.Second : PairwiseVerdict.First;
            return new(swapped, verdict, reply);
        }
        return new(swapped, PairwiseVerdict.Unread, reply);
    }
}
