using System.Diagnostics;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>What goes on around the steps of both trainers: going on from a checkpoint, evaluations, checkpoints, stopping early or because numbers went wrong, the best model at the end.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly string stage;
    private readonly CausalLM model;
    private readonly BatchPlan plan;
    private readonly TrainingOptions options;
    private readonly TrainingContext context;
    private readonly BestModel best;
    private readonly DivergenceGuard guard;
    private readonly CheckpointStore? store;
    private readonly RunIdentity? identity;
    private readonly List<ICheckpointed> parts;
    private readonly MetricSinks sinks;
    private readonly IDisposable sameOperations;
    private Tensor? bestWeights;
    private int step, saved = -1;

    /// <summary>Opens the run's folder and looks for a checkpoint to go on from; nothing is changed yet.</summary>
    /// <exception cref="InvalidOperationException">There is a checkpoint, but of a run with other options, rows or weights.</exception>
    public TrainingRun(string stage, CausalLM model, BatchPlan plan, IReadOnlyList<string> metricNames, TrainingOptions options, TrainingContext context, Func<string> trainingRows, Func<string>? evaluationRows)
    {
        (this.stage, this.model, this.plan, this.options, this.context) = (stage, model, plan, options, context);
        if (evaluationRows is null && (options.LoadBestModelAtEnd || options.EarlyStoppingPatience is not null || options.SaveStrategy == SaveStrategy.Best))
            throw new ArgumentException($"{stage}: {nameof(options.LoadBestModelAtEnd)}, {nameof(options.EarlyStoppingPatience)} and {nameof(SaveStrategy)}.{SaveStrategy.Best} need rows to evaluate on; there are none.");
        sinks = new(stage, options);
        sameOperations = CausalLM.AsInTraining();
        Log = new(stage, plan, metricNames, options, context) { Check = Guard, Told = sinks.Take };
        (best, guard) = (new(options), new(options));
        parts = [Log, best];
        if (options.CheckpointFolder is null && options.ResumeFrom is null)
            return;
        try
        {
            store = options.CheckpointFolder is null ? null : new(options.CheckpointFolder);
            identity = new(stage, options, context.Seed, ("training rows", trainingRows()), ("evaluation rows", evaluationRows?.Invoke() ?? "none"), ("model", Fingerprint.Of(model)));
            Found = Find();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TrainingLog Log { get; }

    /// <summary>The checkpoint that this run goes on from.</summary>
    public CheckpointReader? Found { get; }

    public int? BestStep => best.Step;

    public double? BestMetric => best.Value;

    public bool StoppedEarly => best.Stop && step < plan.TotalSteps;

    /// <summary>A further part that checkpoints keep; its state, if there is some, is loaded by whoever made it.</summary>
    public void Keep(ICheckpointed part) => parts.Add(part);

    /// <summary>The steps that are still to be made. What happens before, between and after them happens here.</summary>
    /// <param name="weights">The trained weights.</param>
    /// <param name="optimizer">Their optimiser.</param>
    /// <param name="evaluate">Evaluates; null where there is nothing to evaluate on.</param>
    public IEnumerable<TrainingStep> Steps(FlatParameters weights, FlatOptimizer optimizer, Func<Dictionary<string, double>>? evaluate)
    {
        var kept = new WeightsCheckpoint(model, weights, context);
        if (Found is not null)
            Restore(Found, [Log, best, kept, optimizer]);
        sinks.Begin(Log.InOrder, step);
        if (Found is null && evaluate is not null)
            best.Check(Log.Evaluation(0, evaluate()));
        parts.AddRange([kept, optimizer]);
        int warmup = LearningRate.WarmupSteps(options, plan.TotalSteps);
        foreach (var microBatches in plan.Steps().Skip(step))
        {
            if (best.Stop)
                break;
            if (context.CancellationToken.IsCancellationRequested)
            {
                Save();
                context.CancellationToken.ThrowIfCancellationRequested();
            }
            var (time, tokens) = (Log.TrainingTime, Log.Tokens);
            Log.Resume();
            yield return new(step + 1, microBatches, LearningRate.At(step, options, warmup, plan.TotalSteps));
            step++;
            Log.Pause();
            TrainingTelemetry.Step(stage, Log.TrainingTime - time, Log.Tokens - tokens);
            bool better = evaluate is not null && EvaluationIsDue() && best.Take(Log.Evaluation(step, evaluate()));
            if (better && options.LoadBestModelAtEnd && store is null)
                Remember(weights);
            if (step == plan.TotalSteps || best.Stop || SaveIsDue(better))
                Save();
        }
        Log.Read();
        sinks.Rest();
        if (options.LoadBestModelAtEnd && best.Step != step)
            LoadBest(kept, weights);
    }

    public void Dispose()
    {
        sameOperations.Dispose();
        bestWeights?.Dispose();
        Log.Dispose();
        sinks.Dispose();
        store?.Dispose();
    }

    private bool EvaluationIsDue() => step == plan.TotalSteps || options.EvaluationStrategy switch
    {
        EvaluationStrategy.Epoch => plan.IsEndOfEpoch(step),
        _ => options.EvaluateEverySteps > 0 && step % options.EvaluateEverySteps == 0,
    };

    private bool SaveIsDue(bool better) => better && options.LoadBestModelAtEnd || options.SaveStrategy switch
    {
        SaveStrategy.Epoch => plan.IsEndOfEpoch(step),
        SaveStrategy.Best => better,
        _ => step % options.SaveEverySteps == 0,
    };

    private CheckpointReader? Find()
    {
        if (options.ResumeFrom is { } folder)
        {
            var given = CheckpointReader.Open(folder, out var problem) ?? throw new InvalidDataException($"Option {nameof(options.ResumeFrom)}: '{folder}' is no whole checkpoint: {problem}.");
            if (store?.All().Find(c => c.Step > given.Step) is { Folder: not null } later)
                throw new InvalidOperationException($"Option {nameof(options.ResumeFrom)}: '{folder}' is a checkpoint after {given.Step} steps, but '{later.Folder}' is a later one. Delete the later ones, or give this run a {nameof(options.CheckpointFolder)} of its own.");
            return SameRun(given);
        }
        return store!.Newest(context.Warn) is { } newest ? SameRun(newest) : null;
    }

    private CheckpointReader SameRun(CheckpointReader found)
    {
        var differences = found.State["identity"] is JsonObject before ? identity!.DifferencesFrom(RunIdentity.FromJson(before)).ToList() : ["it does not say what it is a run of"];
        return differences.Count == 0 ? found : throw new InvalidOperationException(
            $"{stage} cannot go on from '{found.Folder}', which is a checkpoint of another run. {string.Join("; ", differences)}. Make these the same again, or give this run a {nameof(options.CheckpointFolder)} of its own.");
    }

    private void Restore(CheckpointReader from, IEnumerable<ICheckpointed> some)
    {
        foreach (var part in some)
            part.Load(from);
        step = saved = from.Step;
        foreach (var metrics in Log.Steps)
            guard.Problem(metrics);
    }

    private void Save()
    {
        if (store is null || step == saved)
            return;
        Log.Read();
        if (options.StopOnNonFinite && parts.OfType<WeightsCheckpoint>().Any(kept => !kept.AreFinite()))
            Stop(step, "some weights are no finite numbers any more", unusable: true);
        var watch = Stopwatch.StartNew();
        store.Write(step, writer =>
        {
            writer.State["step"] = step;
            writer.State["total_steps"] = plan.TotalSteps;
            writer.State["identity"] = identity!.ToJson();
            if (context.Lineage is not null)
                writer.State["lineage"] = context.Lineage;
            foreach (var part in parts)
                part.Save(writer);
        });
        saved = step;
        store.Prune(step, options.SaveTotalLimit, options.LoadBestModelAtEnd ? best.Step : null);
        TrainingTelemetry.Checkpoint(stage, watch.Elapsed);
        sinks.Rest();
    }

    private void Remember(FlatParameters weights)
    {
        using var scope = NewDisposeScope();
        bestWeights?.Dispose();
        bestWeights = weights.Values.detach().clone().DetachFromDisposeScope();
    }

    private void LoadBest(WeightsCheckpoint kept, FlatParameters weights)
    {
        using var noGrad = no_grad();
        if (bestWeights is not null)
        {
            weights.Values.copy_(bestWeights);
            weights.Publish();
        }
        else if (best.Step is { } at && store is not null && CheckpointReader.Open(store.FolderOf(at), out _) is { } whole)
            kept.Load(whole);
        else
            context.Warn($"{stage}: the weights are those of the last step; {(best.Step is null ? "no evaluation counted as the best" : $"the checkpoint of the best evaluation, after step {best.Step}, is not there any more")}.");
    }

    private void Guard(StepMetrics metrics)
    {
        if (guard.Problem(metrics) is not { } problem)
            return;
        Stop(metrics.Step, problem, double.IsFinite(metrics["loss"]) && double.IsFinite(metrics["grad_norm"]), where: FormattableString.Invariant($", at a learning rate of {metrics["learning_rate"]:g4}"));
    }

    /// <summary>Puts the last good weights back and throws.</summary>
    private void Stop(int at, string problem, bool explodes = false, bool unusable = false, string where = "")
    {
        // On a CPU a step is read before it moves the weights; elsewhere up to LogEverySteps later.
        int? weightsOf = model.Device.type == TorchSharp.DeviceType.CPU && !unusable ? step : null;
        // A loss that explodes was on its way for a while.
        Func<int, bool>[] good = [s => s <= at - (explodes ? options.DivergenceWindow : 1) && (!explodes || s <= (best.Step ?? at)), s => s < at];
        var back = good.Select(allowed => store?.Newest(context.Warn, allowed)).FirstOrDefault(found => found is not null);
        if (back is not null && parts.OfType<WeightsCheckpoint>().FirstOrDefault() is { } kept)
        {
            kept.Load(back);
            weightsOf = back.Step;
        }
        var weights = back is not null ? $"The weights are those of '{back.Folder}' again."
            : unusable ? "There are no good weights to go back to."
            : weightsOf is not null ? $"The weights are those after step {weightsOf}; with a {nameof(options.CheckpointFolder)} they would be those of the last good checkpoint."
            : $"The weights are those from before that step, moved since by the optimiser's momentum alone; with a {nameof(options.CheckpointFolder)} they would be those of the last good checkpoint.";
        throw new TrainingDivergedException(
            $"{stage} went wrong in step {at} of {plan.TotalSteps}{where}: {problem}. A lower {nameof(options.LearningRate)} or a longer warm-up usually helps. {weights}", at, weightsOf, back?.Folder);
    }
}
