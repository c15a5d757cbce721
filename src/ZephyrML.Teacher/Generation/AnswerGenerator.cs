using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Asks a teacher and several candidates for answers to a prompt, all at once (Zephyr, section 3). Safe for use by several threads; how many calls run at the same
/// time is bounded by the clients (<see cref="TeacherOptions.MaxConcurrency"/>).
/// </summary>
public sealed class AnswerGenerator
{
    private readonly IChatClient? _teacher;
    private readonly CandidatePool _pool;
    private readonly AnswerGeneratorOptions _options;

    /// <summary>Makes a generator.</summary>
    /// <param name="teacher">Gives the response; null: nobody does.</param>
    /// <param name="pool">Give the candidates; null or empty: nobody does. Copied here.</param>
    /// <param name="options">How they are asked; null: the defaults.</param>
    /// <exception cref="ArgumentException">The options are invalid, or there is neither a teacher nor a pool.</exception>
    public AnswerGenerator(IChatClient? teacher, CandidatePool? pool, AnswerGeneratorOptions? options = null)
    {
        if (teacher is null && pool is not { Count: > 0 })
            throw new ArgumentException("Give a teacher, a pool with at least one model, or both.", nameof(pool));
        _options = (options ?? new()).Copy();
        _options.Validate();
        _teacher = teacher;
        _pool = pool?.Copy() ?? [];
    }

    /// <summary>Answers one prompt. All calls run to their end even if one fails, so that a cache keeps what was paid.</summary>
    /// <exception cref="TeacherException">A model failed; the message names the row and the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<GeneratedAnswers> GenerateAsync(AnswerRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var failures = new List<TeacherException>();
        var response = _teacher is not null && request.WantsResponse
            ? AskAsync("the teacher", _teacher, request, _options.SystemPrompt, _options.TeacherTemperature, sample: 0, failures, cancellationToken)
            : Task.FromResult<string?>("");
        var models = request.WantsCandidates ? _pool.Choose(_options.ModelsPerPrompt, _options.Seed, request.Row) : [];
        var answers = models.SelectMany(model =>
        {
            var system = System(request, model.Name);
            return Enumerable.Range(0, _options.SamplesPerModel).Select(sample => (model.Name,
                Answer: AskAsync($"candidate '{model.Name}'", model.Client, request, system, _options.CandidateTemperature, sample, failures, cancellationToken)));
        }).ToList();
        await Task.WhenAll(answers.Select(a => a.Answer).Prepend(response)).ConfigureAwait(false);
        var answered = new List<(string Model, string Text)>();
        foreach (var (model, answer) in answers)
        {
            if (await answer.ConfigureAwait(false) is { } text)
                answered.Add((model, text));
        }
        return new(await response.ConfigureAwait(false) ?? "", [.. answered.Select(a => a.Text)], [.. answered.Select(a => a.Model)]) { Failures = failures };
    }

    /// <summary>Estimates what prompts would cost, without asking anybody: all calls of the teacher and of the drawn candidates, less what their caches have.</summary>
    /// <param name="requests">The prompts; read once.</param>
    public CostEstimate DryRun(IEnumerable<AnswerRequest> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var runs = new Dictionary<IChatClient, DryRun>(ReferenceEqualityComparer.Instance);
        foreach (var client in _pool.Select(c => c.Client).Append(_teacher).OfType<IChatClient>())
            runs.TryAdd(client, new(client, prices: null));
        foreach (var request in requests)
        {
            if (_teacher is not null && request.WantsResponse)
                runs[_teacher].Add(Messages(request, _options.SystemPrompt), Options(_options.TeacherTemperature, sample: 0));
            foreach (var model in request.WantsCandidates ? _pool.Choose(_options.ModelsPerPrompt, _options.Seed, request.Row) : [])
            {
                for (var sample = 0; sample < _options.SamplesPerModel; sample++)
                    runs[model.Client].Add(Messages(request, System(request, model.Name)), Options(_options.CandidateTemperature, sample));
            }
        }
        return runs.Values.Select(r => r.Result()).Aggregate((a, b) => a + b);
    }

    private ChatOptions Options(float? temperature, int sample) =>
        new ChatOptions { Temperature = temperature, TopP = _options.TopP, MaxOutputTokens = _options.MaxOutputTokens, Seed = _options.RequestSeed }.WithSample(sample);

    private string? System(AnswerRequest request, string model) =>
        Join(_options.SystemPrompt, Principles.Draw(Principles.For(_options.Principles, request.Source), _options.Seed, request.Row, model));

    /// <summary>The answer; null where the model failed, and failures are skipped.</summary>
    private async Task<string?> AskAsync(
        string who, IChatClient client, AnswerRequest request, string? system, float? temperature, int sample, List<TeacherException> failures, CancellationToken cancellationToken)
    {
        TeacherException failure;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var response = await client.GetResponseAsync(Messages(request, system), Options(temperature, sample), cancellationToken).ConfigureAwait(false);
            return response.Text.Trim();
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            failure = TeacherException.Of($"Row {request.Row}{Safe()}: {who} failed: ", e);
        }
        if (_options.OnTeacherFailure == OnTeacherFailure.Stop || failure.EndsRun)
            throw failure;
        lock (failures)
            failures.Add(failure);
        return null;
    }

    private string Safe() => SafeAnswers.Of(_pool.Select(c => (IChatClient?)c.Client).Append(_teacher));

    private static List<ChatMessage> Messages(AnswerRequest request, string? system)
    {
        var turns = request.Messages?.ToList() ?? [];
        var last = turns.FindLastIndex(t => t.Role == "user");
        if (last >= 0)
            turns.RemoveRange(last + 1, turns.Count - last - 1);
        else
            turns = [.. turns.Where(t => t.Role == "system"), new("user", request.Prompt)];
        if (turns is [{ Role: "system" } own, ..])
        {
            system = Join(system, own.Content);
            turns.RemoveAt(0);
        }
        var messages = turns.Select(t => new ChatMessage(new ChatRole(t.Role), t.Content)).ToList();
        if (system is not null)
            messages.Insert(0, new(ChatRole.System, system));
        return messages;
    }

    private static string? Join(string? first, string? second) =>
        string.IsNullOrEmpty(first) ? (string.IsNullOrEmpty(second) ? null : second) : string.IsNullOrEmpty(second) ? first : first + "\n\n" + second;
}
