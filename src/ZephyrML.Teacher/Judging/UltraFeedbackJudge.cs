using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Scores answers as UltraFeedback does (arXiv 2310.01377): one call for each aspect with all answers in it, in an order shuffled by the seed, and the mean of
/// the aspects as score; or a critique of each answer with an overall score, by option. A reply that cannot be read is asked for again a few times; then the rating stays missing, with the raw text kept. The order depends
/// on the seed and on what is judged, not on the row, so the same question is never paid for twice.
/// </summary>
public sealed class UltraFeedbackJudge : IAnswerJudge
{
    private readonly IChatClient _client;
    private readonly UltraFeedbackJudgeOptions _options;

    /// <summary>Makes a judge.</summary>
    /// <param name="client">Who judges. It is not disposed of here.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <exception cref="ArgumentException">The options are invalid.</exception>
    public UltraFeedbackJudge(IChatClient client, UltraFeedbackJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _options = (options ?? new()).Copy();
        _options.Validate();
        Name = _options.Name ?? client.GetService<ChatClientMetadata>()?.DefaultModelId ?? "judge";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The client that judges.</summary>
    internal IChatClient Client => _client;

    /// <inheritdoc/>
    public async Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var scores = Missing(request.Candidates.Count);
        var shown = Enumerable.Range(0, scores.Length).Where(i => !string.IsNullOrWhiteSpace(request.Candidates[i])).ToArray();
        if (shown.Length == 0)
            return new(scores);
        var critiques = shown.Where(_ => _options.Critique || _options.Score == JudgeScore.Overall).Select(i => CriticiseAsync(request, i, cancellationToken)).ToList();
        var asked = _options.Aspects.SelectMany(a => _options.SwapOrders && shown.Length > 1
            ? (Task<AspectJudgement>[])[AskAsync(request, shown, a, swapped: false, cancellationToken), AskAsync(request, shown, a, swapped: true, cancellationToken)]
            : [AskAsync(request, shown, a, swapped: false, cancellationToken)]).ToList();
        await Task.WhenAll([.. asked, .. critiques]).ConfigureAwait(false);         // to their end even if one fails, so that a cache keeps what was paid
        var aspects = await Task.WhenAll(asked).ConfigureAwait(false);
        var criticised = await Task.WhenAll(critiques).ConfigureAwait(false);

        var ratings = aspects.GroupBy(a => a.Aspect).ToDictionary(g => g.Key, g => Enumerable.Range(0, scores.Length).Select(i => Rating([.. g.Select(a => a.Best[i])])).ToArray());
        var overall = criticised.Length == 0 ? [] : Missing(scores.Length);
        foreach (var replies in criticised)
            overall[replies[0].Candidate] = replies[^1].Score;
        foreach (var i in shown)
            scores[i] = _options.Score == JudgeScore.Overall ? overall[i] : Mean([.. ratings.Values.Select(r => r[i])]);
        return new(scores)
        {
            Replies = [.. aspects.SelectMany(a => a.Replies)],
            Ratings = ratings.ToDictionary(r => r.Key, r => r.Value.Select(rating => rating ?? float.NaN).ToArray()),
            Overall = overall,
            Critiques = [.. criticised.SelectMany(c => c)],
        };
    }

    /// <summary>The mean of the orders' ratings; null where none could be read, NaN where it is not applicable.</summary>
    private static float? Rating(List<float?> orders)
    {
        var read = orders.FindAll(r => r is not null);
        return read.Count == 0 ? null : read.Where(r => !float.IsNaN(r!.Value)).Select(r => r!.Value).DefaultIfEmpty(float.NaN).Average();
    }

    private float Mean(List<float?> aspects) => _options.RequireAllAspects && aspects.Contains(null)
        ? float.NaN
        : aspects.Where(r => r is { } rating && !float.IsNaN(rating)).Select(r => r!.Value).DefaultIfEmpty(float.NaN).Average();

    private static float[] Missing(int count)
    {
        var values = new float[count];
        Array.Fill(values, float.NaN);
        return values;
    }

    /// <summary>One aspect in one order: asks until every rating could be read, or often enough; the reply with the most ratings counts.</summary>
    private async Task<AspectJudgement> AskAsync(JudgeRequest request, int[] shown, JudgeAspect aspect, bool swapped, CancellationToken cancellationToken)
    {
        var best = new float?[request.Candidates.Count];
        var replies = new List<AspectReply>();
        for (var attempt = 0; attempt <= _options.MaxReasks; attempt++)
        {
            var (question, order) = Question(request, shown, aspect, attempt, swapped);
            var text = await AskAsync(request, $"{aspect}", AspectPrompt.System, AspectPrompt.Render(question), _options.StructuredOutput ? AspectPrompt.ReplyFormat(aspect) : null, attempt, cancellationToken).ConfigureAwait(false);
            var parsed = (_options.StructuredOutput ? AspectPrompt.ParseStructuredReply(text, order.Length) : null)
                ?? AspectPrompt.ParseReply(text, order.Length, question.Tag, onlyTagged: question.Texts.Append(question.Instruction).Any(AspectPrompt.HoldsRating));
            var ratings = new float?[best.Length];
            for (var i = 0; i < order.Length; i++)
                ratings[order[i]] = parsed[i];
            var complete = parsed.All(p => p is not null);
            replies.Add(new(aspect, attempt, [.. ratings.Select(r => r ?? float.NaN)], complete, text) { Order = order, IsSwapped = swapped });
            if (parsed.Count(p => p is not null) > best.Count(b => b is not null))
                best = ratings;
            if (complete)
                break;
        }
        return new(aspect, best, replies);
    }

    /// <summary>One answer's critique: asks until its score could be read, or often enough. The last one counts.</summary>
    private async Task<List<CritiqueReply>> CriticiseAsync(JudgeRequest request, int candidate, CancellationToken cancellationToken)
    {
        var replies = new List<CritiqueReply>();
        var (instruction, answer) = (Instruction(request), request.Candidates[candidate]);
        for (var attempt = 0; attempt <= _options.MaxReasks; attempt++)
        {
            var stream = new SeedStream(_options.Seed ?? 0, $"critique/{attempt}", TextHash.Of(instruction, answer));
            var question = new CritiqueQuestion(instruction, answer, Tag(stream, [instruction, answer])) { IsStructured = _options.StructuredOutput };
            var text = await AskAsync(request, "the critique", CritiquePrompt.System, CritiquePrompt.Render(question), _options.StructuredOutput ? CritiquePrompt.ReplyFormat : null, attempt, cancellationToken).ConfigureAwait(false);
            var score = (_options.StructuredOutput ? CritiquePrompt.ParseStructuredReply(text) : null)
                ?? CritiquePrompt.ParseReply(text, question.Tag, onlyTagged: CritiquePrompt.HoldsScore(answer) || CritiquePrompt.HoldsScore(instruction));
            replies.Add(new(candidate, attempt, score ?? float.NaN, text));
            if (score is not null)
                break;
        }
        return replies;
    }

    private async Task<string> AskAsync(JudgeRequest request, string what, string system, string user, ChatResponseFormat? format, int sample, CancellationToken cancellationToken)
    {
        try
        {
            var options = new ChatOptions { Temperature = _options.Temperature, MaxOutputTokens = _options.MaxOutputTokens, ResponseFormat = format }.WithSample(sample);
            return (await _client.GetResponseAsync([new(ChatRole.System, system), new(ChatRole.User, user)], options, cancellationToken).ConfigureAwait(false)).Text;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw TeacherException.Of($"Row {request.Row}{SafeAnswers.Of(_client)}: judge '{Name}' failed on {what}: ", e);
        }
    }

    /// <summary>The question, and which candidate stands at which place of it.</summary>
    private (AspectQuestion Question, int[] Order) Question(JudgeRequest request, int[] shown, JudgeAspect aspect, int attempt, bool swapped)
    {
        var instruction = Instruction(request);
        var stream = new SeedStream(_options.Seed ?? 0, $"judge/{aspect}/{attempt}", TextHash.Of([instruction, .. shown.Select(i => request.Candidates[i])]));
        var order = (int[])shown.Clone();
        stream.Shuffle(order.AsSpan());
        if (swapped)
            Array.Reverse(order);
        var texts = order.Select(i => request.Candidates[i]).ToList();
        var tag = Tag(stream, [.. texts, instruction, request.Reference ?? ""]);
        return (new(aspect, instruction, texts, tag) { IsStructured = _options.StructuredOutput, Reference = request.Reference }, order);
    }

    /// <summary>A mark that stands in none of the texts.</summary>
    private static string Tag(SeedStream stream, List<string> texts)
    {
        string tag;
        do
            tag = $"{stream.NextUInt64() >> 16:x12}";
        while (texts.Exists(t => t.Contains(tag, StringComparison.OrdinalIgnoreCase)));
        return tag;
    }

    private static string Instruction(JudgeRequest request)
    {
        if (request.Messages is not { Count: > 0 } turns)
            return request.Prompt;
        return turns is [{ Role: "user" } only] ? only.Content : string.Join("\n\n", turns.Select(t => $"{t.Role}: {t.Content}"));
    }

    private sealed record AspectJudgement(JudgeAspect Aspect, float?[] Best, List<AspectReply> Replies);
}
