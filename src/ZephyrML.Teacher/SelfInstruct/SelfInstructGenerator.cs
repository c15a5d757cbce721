using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Grows dialogues for dSFT (Zephyr, section 3; Self-Instruct, arXiv 2212.10560): the teacher answers each seed, refines seed and answer into a new instruction,
/// answers that, and so on for some rounds; further passes over the seeds draw other refinements until the target size is there. All first answers come first,
/// then all first refinements, and so on, each in the order of the seeds, whatever the concurrency.
/// </summary>
public sealed class SelfInstructGenerator
{
    private const int DryPasses = 3;

    private readonly IChatClient _teacher;
    private readonly SelfInstructOptions _options;

    /// <summary>Makes a generator.</summary>
    /// <param name="teacher">Answers and refines. It is not disposed of here.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <exception cref="ArgumentException">The options are invalid.</exception>
    public SelfInstructGenerator(IChatClient teacher, SelfInstructOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        _teacher = teacher;
        _options = (options ?? new()).Copy();
        _options.Validate();
    }

    /// <summary>What the last enumeration kept and dropped.</summary>
    public SelfInstructCounts Counts { get; private set; } = new();

    /// <summary>Gives the dialogues, those of the continued file first.</summary>
    /// <param name="seeds">The first instructions; repeated ones count once.</param>
    /// <param name="progress">Who is told how far it has come.</param>
    /// <param name="cancellationToken">Ends it; what is in the file stays.</param>
    /// <exception cref="ArgumentException">There is no seed, or an empty one.</exception>
    /// <exception cref="FormatException">The file to continue cannot be read, or belongs to other seeds or settings.</exception>
    /// <exception cref="TeacherException">The teacher failed; what was made before is in the file.</exception>
    public async IAsyncEnumerable<Dialogue> GenerateAsync(
        IEnumerable<string> seeds, IProgress<TeacherProgress>? progress = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        var counts = Counts = new();
        var run = new Run(this, seeds, counts);
        var target = _options.TargetSize ?? int.MaxValue;
        var meter = new TeacherProgressMeter("self-instruct", _options.TargetSize ?? run.Seeds.Count * (1 + _options.Rounds), progress, _teacher);
        var size = 0;
        var (step, lastPass) = (new SelfInstructStep(0, 0, 0), 0);
        using var file = _options.ContinueFrom is { } path ? new DialogueFile(path, run.Fingerprint) : null;
        foreach (var (done, dialogue) in file?.Read() ?? [])
        {
            run.Keep(done, dialogue);
            (step, lastPass) = (done.Next(run.Seeds.Count, _options.Rounds), done.Pass);
            counts.Continued++;
            if (size++ < target)
            {
                meter.Count();
                yield return dialogue;
            }
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new Queue<(SelfInstructStep Step, Task<Made> Work)>();
        try
        {
            while (size < target)
            {
                // at most as many steps as seeds: so the step before, of the same seed, is decided when a step starts
                var most = Math.Min(Math.Min(_options.MaxConcurrency, run.Seeds.Count), target - size);
                while (underWay.Count < most && IsWanted(step, lastPass))
                {
                    underWay.Enqueue((step, run.MakeAsync(step, stop.Token)));
                    step = step.Next(run.Seeds.Count, _options.Rounds);
                }
                if (!underWay.TryDequeue(out var first))
                    break;
                var made = await first.Work.ConfigureAwait(false);
                if (run.Decide(made) is { } reason)
                {
                    counts.Drop(reason);
                    continue;
                }
                if (made.Dialogue is null)
                    continue;
                file?.Append(first.Step, made.Dialogue);
                run.Keep(first.Step, made.Dialogue);
                lastPass = Math.Max(lastPass, first.Step.Pass);
                counts.Made++;
                size++;
                meter.Count();
                yield return made.Dialogue;
            }
            counts.RanDry = _options.TargetSize is not null && size < target;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var (_, work) in underWay)
                await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool IsWanted(SelfInstructStep step, int lastPass) =>
        step.Round <= _options.Rounds && (_options.TargetSize is null ? step.Pass == 0 : step.Pass <= lastPass + DryPasses);

    /// <summary>What a step made: a dialogue, or the reason why not, or (where its seed has no answer) nothing.</summary>
    private readonly record struct Made(string? NewInstruction, Dialogue? Dialogue, DropReason? Dropped);

    /// <summary>One enumeration: what is known so far. Only the enumerating thread changes it; steps read it when they start, before their first await.</summary>
    private sealed class Run
    {
        private readonly SelfInstructGenerator _owner;
        private readonly SelfInstructOptions _options;
        private readonly InstructionFilter _filter;
        private readonly Lock _lock = new();
        private readonly Dictionary<int, Dialogue> _answered = [];                  // the seeds with their answers
        private readonly Dictionary<(int Pass, int Seed), Dialogue> _latest = [];

        public Run(SelfInstructGenerator owner, IEnumerable<string> seeds, SelfInstructCounts counts)
        {
            (_owner, _options) = (owner, owner._options);
            _filter = new(_options);
            foreach (var seed in seeds)
            {
                if (string.IsNullOrWhiteSpace(seed))
                    throw new ArgumentException($"Seed {Seeds.Count} is empty.", nameof(seeds));
                if (_filter.Add(seed))
                    Seeds.Add(seed);
                else
                    counts.Drop(DropReason.Duplicate);
            }
            if (Seeds.Count == 0)
                throw new ArgumentException("There must be at least one seed.", nameof(seeds));
            Fingerprint = Hash();
        }

        public List<string> Seeds { get; } = [];

        public string Fingerprint { get; }

        public void Keep(SelfInstructStep step, Dialogue dialogue)
        {
            if (step.Round == 0)
                _answered[step.Seed] = dialogue;
            else
            {
                _latest[(step.Pass, step.Seed)] = dialogue;
                lock (_lock)
                    _filter.Add(dialogue.Instruction);
            }
        }

        /// <summary>Why what a step made is dropped, now that everything before it is decided.</summary>
        public DropReason? Decide(Made made)
        {
            if (made.NewInstruction is not null && Check(made.NewInstruction) is { } reason)
                return reason;
            return made.Dropped;
        }

        public Task<Made> MakeAsync(SelfInstructStep step, CancellationToken cancellationToken)
        {
            if (step.Round == 0)
                return AnswerAsync(step, Seeds[step.Seed], isNew: false, cancellationToken);
            return _latest.TryGetValue((step.Pass, step.Seed), out var parent) || _answered.TryGetValue(step.Seed, out parent)
                ? RefineAsync(step, parent, cancellationToken)
                : Task.FromResult(default(Made));
        }

        private async Task<Made> RefineAsync(SelfInstructStep step, Dialogue parent, CancellationToken cancellationToken)
        {
            List<ChatMessage> messages = [new(ChatRole.System, RefinementPrompt.System), new(ChatRole.User, RefinementPrompt.Render(parent.Instruction, parent.Response))];
            var reply = await AskAsync(step, messages, step.Pass * _options.Rounds + step.Round - 1, cancellationToken).ConfigureAwait(false);
            if (reply.FinishReason == ChatFinishReason.Length)
                return new(null, null, DropReason.Truncated);
            var instruction = RefinementPrompt.Parse(reply.Text);
            if (Check(instruction) is { } reason)                                  // not worth an answer; which reason counts is decided in order
                return new(instruction, null, reason);
            return await AnswerAsync(step, instruction, isNew: true, cancellationToken).ConfigureAwait(false);
        }

        private async Task<Made> AnswerAsync(SelfInstructStep step, string instruction, bool isNew, CancellationToken cancellationToken)
        {
            List<DialogueTurn> turns = [new("user", instruction)];
            if (_options.SystemPrompt is { Length: > 0 } system)
                turns.Insert(0, new("system", system));
            var reply = await AskAsync(step, [.. turns.Select(t => new ChatMessage(new ChatRole(t.Role), t.Content))], sample: 0, cancellationToken).ConfigureAwait(false);
            var answer = reply.Text.Trim();
            DropReason? dropped = reply.FinishReason == ChatFinishReason.Length ? DropReason.Truncated : answer.Length == 0 ? DropReason.Empty : null;
            return new(isNew ? instruction : null, dropped is null ? new([.. turns, new("assistant", answer)]) : null, dropped);
        }

        private async Task<ChatResponse> AskAsync(SelfInstructStep step, List<ChatMessage> messages, int sample, CancellationToken cancellationToken)
        {
            try
            {
                var options = new ChatOptions { Temperature = _options.Temperature, MaxOutputTokens = _options.MaxOutputTokens }.WithSample(sample);
                return await _owner._teacher.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
            }
            catch (TeacherException e)
            {
                throw e.InContext($"Self-instruct, {step}: the teacher failed: ");
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                throw new TeacherException($"Self-instruct, {step}: the teacher failed: {e.Message}", e);
            }
        }

        private DropReason? Check(string instruction)
        {
            lock (_lock)
                return _filter.Check(instruction);
        }

        /// <summary>A hash of all that decides what is made: the seeds and the settings, but for the target size and the concurrency.</summary>
        private string Hash()
        {
            using var buffer = new MemoryStream();
            using (var w = new Utf8JsonWriter(buffer))
            {
                w.WriteStartArray();
                foreach (var text in Seeds.Concat(_options.Keywords).Append(_options.SystemPrompt))
                    w.WriteStringValue(text);
                foreach (var number in (double[])[Seeds.Count, _options.Rounds, _options.MaxRougeL, _options.MinWords, _options.MaxWords, _options.DropBadStarts ? 1 : 0,
                    _options.Temperature ?? -1, _options.MaxOutputTokens ?? -1])
                    w.WriteNumberValue(number);
                w.WriteEndArray();
            }
            return Convert.ToHexString(SHA256.HashData(buffer.ToArray()))[..16].ToLowerInvariant();
        }
    }
}
