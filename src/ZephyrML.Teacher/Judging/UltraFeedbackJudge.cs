using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Scores answers as UltraFeedback does (arXiv 2310.01377): one call for each aspect with all answers in it, in an order shuffled by the seed, and the mean of
/// the aspects as score. A reply that cannot be read is asked for again a few times; then the rating stays missing, with the raw text kept. The order depends
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

    /// <inheritdoc/>
    public async Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var scores = new float[request.Candidates.Count];
        Array.Fill(scores, float.NaN);
        var shown = Enumerable.Range(0, scores.Length).Where(i => !string.IsNullOrWhiteSpace(request.Candidates[i])).ToArray();
        if (shown.Length == 0)
            return new(scores);
        var aspects = await Task.WhenAll(_options.Aspects.Select(a => AskAsync(request, shown, a, cancellationToken))).ConfigureAwait(false);
        foreach (var i in shown)
        {
            var ratings = aspects.Select(a => a.Best[i]).ToList();
            if (_options.RequireAllAspects && ratings.Contains(null))
                continue;
            scores[i] = ratings.Where(r => r is { } rating && !float.IsNaN(rating)).Select(r => r!.Value).DefaultIfEmpty(float.NaN).Average();
        }
        return new(scores) { Replies = [.. aspects.SelectMany(a => a.Replies)] };
    }

    /// <summary>One aspect: asks until every rating could be read, or often enough; the reply with the most ratings counts.</summary>
    private async Task<(float?[] Best, List<AspectReply> Replies)> AskAsync(JudgeRequest request, int[] shown, JudgeAspect aspect, CancellationToken cancellationToken)
    {
        var best = new float?[request.Candidates.Count];
        var replies = new List<AspectReply>();
        for (var attempt = 0; attempt <= _options.MaxReasks; attempt++)
        {
            var (question, order) = Question(request, shown, aspect, attempt);
            string text;
            try
            {
                var options = new ChatOptions { Temperature = _options.Temperature, MaxOutputTokens = _options.MaxOutputTokens }.WithSample(attempt);
                var response = await _client.GetResponseAsync([new(ChatRole.System, AspectPrompt.System), new(ChatRole.User, AspectPrompt.Render(question))], options, cancellationToken).ConfigureAwait(false);
                text = response.Text;
            }
            catch (TeacherException e)
            {
                throw e.InContext($"Row {request.Row}: judge '{Name}' failed on {aspect}: ");
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new TeacherException($"Row {request.Row}: judge '{Name}' failed on {aspect}: {e.Message}", e);
            }
            var parsed = AspectPrompt.ParseReply(text, order.Length, question.Tag);
            var ratings = new float?[best.Length];
            for (var i = 0; i < order.Length; i++)
                ratings[order[i]] = parsed[i];
            var complete = parsed.All(p => p is not null);
            replies.Add(new(aspect, attempt, [.. ratings.Select(r => r ?? float.NaN)], complete, text));
            if (parsed.Count(p => p is not null) > best.Count(b => b is not null))
                best = ratings;
            if (complete)
                break;
        }
        return (best, replies);
    }

    /// <summary>The question, and which candidate stands at which place of it.</summary>
    private (AspectQuestion Question, int[] Order) Question(JudgeRequest request, int[] shown, JudgeAspect aspect, int attempt)
    {
        var instruction = Instruction(request);
        var stream = new SeedStream(_options.Seed, $"judge/{aspect}/{attempt}", Fingerprint(instruction, shown.Select(i => request.Candidates[i])));
        var order = (int[])shown.Clone();
        stream.Shuffle(order.AsSpan());
        var texts = order.Select(i => request.Candidates[i]).ToList();
        string tag;
        do
            tag = $"{stream.NextUInt64() >> 16:x12}";
        while (texts.Append(instruction).Any(t => t.Contains(tag, StringComparison.OrdinalIgnoreCase)));
        return (new(aspect, instruction, texts, tag), order);
    }

    private static string Instruction(JudgeRequest request)
    {
        if (request.Messages is not { Count: > 0 } turns)
            return request.Prompt;
        return turns is [{ Role: "user" } only] ? only.Content : string.Join("\n\n", turns.Select(t => $"{t.Role}: {t.Content}"));
    }

    private static long Fingerprint(string instruction, IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts.Prepend(instruction))
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }
        return BinaryPrimitives.ReadInt64LittleEndian(hash.GetHashAndReset());
    }
}
