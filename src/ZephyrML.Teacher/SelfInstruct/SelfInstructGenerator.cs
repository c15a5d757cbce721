using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Grows dialogues for dSFT (Zephyr, section 3; Self-Instruct, arXiv 2212.10560): the teacher answers each seed, refines seed and answer into a new instruction,
/// answers that, and so on; further passes refine what has come from each seed until the target size is there. A dialogue may have several rounds, in which the teacher
/// plays the user too (UltraChat, arXiv 2305.14233). All first answers come first, then all first refinements, and so on, each in the order of the seeds, whatever the
/// concurrency.
/// </summary>
public sealed class SelfInstructGenerator
{
    private const int DryPasses = 3;

    private readonly IChatClient _teacher;
    private readonly SelfInstructOptions _options;

    /// <summary>Makes a generator.</summary>
    /// <param name="teacher">Answers, refines and plays the user. It is not disposed of here.</param>
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
        var run = new SelfInstructRun(_teacher, _options, seeds, counts);
        var target = _options.TargetSize ?? int.MaxValue;
        var meter = new TeacherProgressMeter("self-instruct", _options.TargetSize ?? run.Seeds.Count * (1 + _options.Refinements), progress, _teacher);
        var size = 0;
        var (step, lastPass) = (new SelfInstructStep(0, 0, 0), 0);
        using var file = _options.ContinueFrom is { } path ? new DialogueFile(path, run.Fingerprint) : null;
        foreach (var (done, dialogue, sinceLine) in file?.Read() ?? [])
        {
            run.Keep(done, dialogue);
            (step, lastPass) = (done.Next(run.Seeds.Count, _options.Refinements), done.Pass);
            counts.Continued++;
            counts.Add(sinceLine);
            if (size++ < target)
            {
                meter.Count();
                yield return dialogue;
            }
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new Queue<(SelfInstructStep Step, Task<SelfInstructMade> Work)>();
        var since = new SelfInstructCounts();
        try
        {
            while (size < target)
            {
                // at most as many steps as seeds: so the step before, of the same seed, is decided when a step starts
                var most = Math.Min(Math.Min(_options.MaxConcurrency, run.Seeds.Count), target - size);
                while (underWay.Count < most && IsWanted(step, lastPass))
                {
                    underWay.Enqueue((step, run.MakeAsync(step, stop.Token)));
                    step = step.Next(run.Seeds.Count, _options.Refinements);
                }
                if (!underWay.TryDequeue(out var first))
                    break;
                SelfInstructMade made;
                try
                {
                    made = await first.Work.ConfigureAwait(false);
                }
                catch (TeacherException e) when (file is not null)
                {
                    throw e.InContext($"{size} dialogues are safe in '{_options.ContinueFrom}', and the next run goes on from there. ");
                }
                if (run.Decide(made) is { } reason)
                {
                    since.Drop(reason);
                    counts.Drop(reason);
                    continue;
                }
                if (made.Dialogue is null)
                    continue;
                since.Truecased += made.Truecased;
                since.EndedEarly += made.EndedEarly ? 1 : 0;
                counts.Truecased += made.Truecased;
                counts.EndedEarly += made.EndedEarly ? 1 : 0;
                file?.Append(first.Step, made.Dialogue, since);
                since = new();
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
        step.Refinement <= _options.Refinements && (_options.TargetSize is null ? step.Pass == 0 : step.Pass <= lastPass + DryPasses);
}
