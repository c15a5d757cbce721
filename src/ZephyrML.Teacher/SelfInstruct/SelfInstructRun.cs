using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// One enumeration of self-instruct: what is known so far, and the making of a step. Only the enumerating thread changes it; steps read it when they start, before their
/// first await, and then read no more than what was decided when as many steps as there are seeds lay between: so what they read does not hang on timing.
/// </summary>
internal sealed class SelfInstructRun
{
    private const int UserAttempts = 3;

    private readonly IChatClient _teacher;
    private readonly SelfInstructOptions _options;
    private readonly InstructionFilter _filter;
    private readonly Lock _lock = new();
    private readonly string[] _phrases;
    private readonly Dictionary<int, List<Dialogue>> _lines = [];                   // each seed with its answer, and what was refined from it
    private readonly Dictionary<(int Pass, int Seed), Dialogue> _latest = [];
    private readonly List<(long Place, string Instruction)> _made = [];             // the teacher's instructions, in the order of their steps

    public SelfInstructRun(IChatClient teacher, SelfInstructOptions options, IEnumerable<string> seeds, SelfInstructCounts counts)
    {
        (_teacher, _options) = (teacher, options);
        _filter = new(options);
        _phrases = [.. options.RefusalPhrases.Select(Refusals.Plain)];
        foreach (var seed in seeds)
        {
            if (string.IsNullOrWhiteSpace(seed))
                throw new ArgumentException($"Seed {Seeds.Count} is empty.", nameof(seeds));
            if (_filter.Add(seed) is { } known)
                counts.Drop(known);
            else
                Seeds.Add(seed);
        }
        if (Seeds.Count == 0)
            throw new ArgumentException("There must be at least one seed.", nameof(seeds));
        Fingerprint = Hash();
    }

    public List<string> Seeds { get; } = [];

    /// <summary>A hash of all that decides what is made: the seeds and the settings, but for the target size, the file and the concurrency.</summary>
    public string Fingerprint { get; }

    /// <summary>Takes in what a step made.</summary>
    public void Keep(SelfInstructStep step, Dialogue dialogue)
    {
        if (step.Refinement == 0)
        {
            _lines[step.Seed] = [dialogue];
            return;
        }
        (_lines.TryGetValue(step.Seed, out var line) ? line : _lines[step.Seed] = []).Add(dialogue);
        _latest.Remove((step.Pass - 1, step.Seed));                                 // of no more use
        _latest[(step.Pass, step.Seed)] = dialogue;
        _made.Add((Place(step), dialogue.Instruction));
        lock (_lock)
            _filter.Add(dialogue.Instruction);
    }

    /// <summary>Why what a step made is dropped, now that everything before it is decided.</summary>
    public DropReason? Decide(SelfInstructMade made)
    {
        if (made.NewInstruction is not null && Check(made.NewInstruction) is { } reason)
            return reason;
        return made.Dropped;
    }

    public Task<SelfInstructMade> MakeAsync(SelfInstructStep step, CancellationToken cancellationToken)
    {
        if (step.Refinement == 0)
            return AnswerAsync(step, Seeds[step.Seed], isNew: false, 0, cancellationToken);
        return Parent(step) is { } parent ? RefineAsync(step, parent, Examples(step, parent.Instruction), cancellationToken) : Task.FromResult(default(SelfInstructMade));
    }

    /// <summary>
    /// What a step refines: what the pass made of the seed last; at first the seed itself or, in further passes, any of what came from it, drawn by the seed of the run, so that the
    /// dialogues spread. Null where the seed has no answer. All earlier steps of the same seed are decided when a step starts.
    /// </summary>
    private Dialogue? Parent(SelfInstructStep step) =>
        _latest.TryGetValue((step.Pass, step.Seed), out var latest) ? latest
        : !_lines.TryGetValue(step.Seed, out var line) ? null
        : step.Pass == 0 ? line[0]
        : line[new SeedStream(_options.Seed, "parent", Place(step)).Next(line.Count)];

    private async Task<SelfInstructMade> RefineAsync(SelfInstructStep step, Dialogue parent, List<string> examples, CancellationToken cancellationToken)
    {
        var prompt = RefinementPrompt.Render(parent.Instruction, FirstAnswer(parent), examples);
        var reply = await AskAsync(step, [new(ChatRole.System, RefinementPrompt.System), new(ChatRole.User, prompt)], step.Pass * _options.Refinements + step.Refinement - 1, cancellationToken).ConfigureAwait(false);
        if (reply.FinishReason == ChatFinishReason.Length)
            return new(null, null, DropReason.Truncated);
        var truecased = 0;
        var instruction = Truecased(RefinementPrompt.Parse(Whole(reply.Text)), ref truecased);
        if (Check(instruction) is { } reason)                                       // not worth an answer; which reason counts is decided in order
            return new(instruction, null, reason);
        return await AnswerAsync(step, instruction, isNew: true, truecased, cancellationToken).ConfigureAwait(false);
    }

    private async Task<SelfInstructMade> AnswerAsync(SelfInstructStep step, string instruction, bool isNew, int truecased, CancellationToken cancellationToken)
    {
        List<DialogueTurn> turns = [new("user", instruction)];
        if (_options.SystemPrompt is { Length: > 0 } system)
            turns.Insert(0, new("system", system));
        var made = isNew ? instruction : null;
        var (answer, dropped) = await ReplyAsync(step, turns, cancellationToken).ConfigureAwait(false);
        if (dropped is not null)
            return new(made, null, dropped);
        turns.Add(new("assistant", Truecased(answer, ref truecased)));
        var rounds = RoundsOf(step);
        for (var round = 2; round <= rounds; round++)
        {
            if (await UserTurnAsync(step, turns, cancellationToken).ConfigureAwait(false) is not { } said)
                break;
            List<DialogueTurn> asked = [.. turns, new("user", Truecased(said, ref truecased))];
            (answer, dropped) = await ReplyAsync(step, asked, cancellationToken).ConfigureAwait(false);
            if (dropped is not null)
                break;
            turns = [.. asked, new("assistant", Truecased(answer, ref truecased))];
        }
        return new(made, new(turns), null) { Truecased = truecased, EndedEarly = turns.Count(t => t.Role == "user") < rounds };
    }

    /// <summary>The assistant's answer to a dialogue that ends with the user's turn.</summary>
    private async Task<(string Answer, DropReason? Dropped)> ReplyAsync(SelfInstructStep step, List<DialogueTurn> turns, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(step, [.. turns.Select(t => new ChatMessage(new ChatRole(t.Role), t.Content))], sample: 0, cancellationToken).ConfigureAwait(false);
        var answer = Whole(reply.Text).Trim();
        return (answer,
            reply.FinishReason == ChatFinishReason.Length || answer.EndsWith(':') || answer.EndsWith('：') ? DropReason.Truncated
            : answer.Length == 0 ? DropReason.Empty
            : _options.DropRefusals && (reply.FinishReason == ChatFinishReason.ContentFilter || IsRefusal(answer)) ? DropReason.Refusal
            : string.Equals(answer, turns[^1].Content.Trim(), StringComparison.OrdinalIgnoreCase) ? DropReason.Echo
            : null);
    }

    /// <summary>The simulated user's next turn; null where the teacher, asked a few times, does not play its part.</summary>
    private async Task<string?> UserTurnAsync(SelfInstructStep step, List<DialogueTurn> turns, CancellationToken cancellationToken)
    {
        List<ChatMessage> messages = [new(ChatRole.System, UserTurnPrompt.System), new(ChatRole.User, UserTurnPrompt.Render(turns))];
        for (var attempt = 0; attempt < UserAttempts; attempt++)
        {
            var reply = await AskAsync(step, messages, attempt, cancellationToken).ConfigureAwait(false);
            var said = reply.FinishReason == ChatFinishReason.Length ? "" : UserTurnPrompt.Parse(Whole(reply.Text));
            if (said.Length > 0 && RougeTokenizer.CountWords(said) <= _options.MaxWords && !_filter.HasKeyword(said)
                && !turns.Exists(t => string.Equals(t.Content, said, StringComparison.OrdinalIgnoreCase)))
                return said;
        }
        return null;
    }

    private async Task<ChatResponse> AskAsync(SelfInstructStep step, List<ChatMessage> messages, int sample, CancellationToken cancellationToken)
    {
        try
        {
            var options = new ChatOptions { Temperature = _options.Temperature, MaxOutputTokens = _options.MaxOutputTokens }.WithSample(sample);
            return await _teacher.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
        catch (TeacherException e)
        {
            throw e.InContext($"Self-instruct, {step}{SafeAnswers.Of(_teacher)}: the teacher failed: ");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new TeacherException($"Self-instruct, {step}{SafeAnswers.Of(_teacher)}: the teacher failed: {e.Message}", e);
        }
    }

    /// <summary>The instructions that a refinement is shown: seeds, and some that the teacher made; each fills up for the other where there are too few.</summary>
    private List<string> Examples(SelfInstructStep step, string parent)
    {
        if (_options.InContextExamples == 0)
            return [];
        var place = Place(step);
        var decided = _made.Count;
        while (decided > 0 && _made[decided - 1].Place > place - Seeds.Count)
            decided--;
        var random = new SeedStream(_options.Seed, "examples", place);
        var made = Draw(random, decided, _options.InContextExamples, i => _made[i].Instruction, parent);
        var seeds = Draw(random, Seeds.Count, _options.InContextExamples, i => Seeds[i], parent);
        var ofSeeds = Math.Min(seeds.Count, _options.InContextExamples - Math.Min(made.Count, _options.MachineMadeExamples));
        string[] examples = [.. seeds.Take(ofSeeds), .. made.Take(_options.InContextExamples - ofSeeds)];
        random.Shuffle(examples.AsSpan());
        return [.. examples];
    }

    private static List<string> Draw(SeedStream random, int from, int count, Func<int, string> instruction, string parent)
    {
        var drawn = new HashSet<int>();
        var texts = new List<string>();
        while (texts.Count < count && drawn.Count < from)
        {
            var i = random.Next(from);
            if (drawn.Add(i) && instruction(i) != parent)
                texts.Add(instruction(i));
        }
        return texts;
    }

    private int RoundsOf(SelfInstructStep step) =>
        _options.MaxRounds is { } most && most > _options.Rounds ? _options.Rounds + new SeedStream(_options.Seed, "rounds", Place(step)).Next(most - _options.Rounds + 1) : _options.Rounds;

    private long Place(SelfInstructStep step) => step.Place(Seeds.Count, _options.Refinements);

    private static string FirstAnswer(Dialogue dialogue) => dialogue.Turns.First(t => t.Role == "assistant").Content;

    private string Truecased(string text, ref int count)
    {
        if (!_options.Truecase)
            return text;
        var cased = Truecaser.Apply(text);
        count += cased == text ? 0 : 1;
        return cased;
    }

    private bool IsRefusal(string answer)
    {
        if (Refusals.IsRefusal(answer))
            return true;
        var plain = _phrases.Length > 0 ? Refusals.Plain(answer) : "";
        return Array.Exists(_phrases, p => plain.Contains(p, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Half surrogate pairs become what a file would make of them, so that a continued run sees what this one saw.</summary>
    private static string Whole(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? string.Concat(text.EnumerateRunes().Select(r => r.ToString())) : text;

    private DropReason? Check(string instruction)
    {
        lock (_lock)
            return _filter.Check(instruction);
    }

    private string Hash()
    {
        using var buffer = new MemoryStream();
        using (var w = new Utf8JsonWriter(buffer))
        {
            w.WriteStartArray();
            foreach (var text in (IEnumerable<string?>)[.. Seeds, .. _options.Keywords, .. _options.RefusalPhrases, _options.SystemPrompt])
                w.WriteStringValue(text);
            foreach (var number in (double[])[Seeds.Count, _options.Keywords.Count, _options.Rounds, _options.MaxRounds ?? -1, _options.Refinements, _options.InContextExamples, _options.MachineMadeExamples, _options.Seed,
                _options.MaxRougeL, _options.MinWords, _options.MaxWords, _options.DropBadStarts ? 1 : 0, _options.DropRefusals ? 1 : 0, _options.Truecase ? 1 : 0, _options.Temperature ?? -1, _options.MaxOutputTokens ?? -1])
                w.WriteNumberValue(number);
            w.WriteEndArray();
        }
        return Convert.ToHexString(SHA256.HashData(buffer.ToArray()))[..16].ToLowerInvariant();
    }
}
