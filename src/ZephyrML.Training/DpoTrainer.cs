using System.Diagnostics;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// Distilled direct preference optimisation (Zephyr paper, section 3, equation 1). The reference is the policy as it starts: its summed log-probabilities are
/// computed once, before the first step, unless it moves (<see cref="DpoOptions.SyncReference"/>). The loss of an optimiser step is the mean over its micro-batches of each one's mean over pairs, as TRL has it.
/// </summary>
public static class DpoTrainer
{
    /// <summary>Trains a policy's weights in place.</summary>
    /// <param name="policy">The policy, of the type that <see cref="TrainingOptions.Precision"/> says; its weights at the start are the reference. Weights that do not require gradients stay as they are.</param>
    /// <param name="rows">Pairs to learn from; read again and again, so a <see cref="TokenStore{TRow}"/> will do.</param>
    /// <param name="evaluation">Pairs for evaluations before, after and, by option, during training; or null.</param>
    /// <param name="options">Copied at the start.</param>
    /// <param name="context">Progress, cancellation, seed, cache.</param>
    /// <exception cref="ArgumentException">Options, rows or model are not fit for training; the message says what was expected.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not a finite number any more, or explodes; the weights are the last good ones.</exception>
    /// <exception cref="InvalidOperationException">There are checkpoints, but of a run with other options, rows or weights.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two steps; a checkpoint was written, if there is a folder for it.</exception>
    public static DpoResult Train(CausalLM policy, IReadOnlyList<PreferenceRow> rows, IReadOnlyList<PreferenceRow>? evaluation, DpoOptions options, TrainingContext context)
    {
        (policy ?? throw new ArgumentNullException(nameof(policy))).train();
        options = (DpoOptions)options.Copy();
        options.Validate();
        context = context.Or(options.Seed);
        TrainedModel.Require(policy, options, "dDPO");
        using var scope = NewDisposeScope();

        var stops = StopTokens.Of(policy, context);
        var data = new PreferenceData(rows, options, "training", stops);
        StopTokens.Warn("dDPO", data.TeachesStop, stops, context);
        var held = evaluation is { Count: > 0 } ? new PreferenceData(evaluation, options, "evaluation") : null;
        var heldBatches = held is null ? [] : Enumerable.Range(0, held.Used.Count).Chunk(options.EvaluationBatchSize ?? options.BatchSize).ToList();
        var plan = new BatchPlan(data.Lengths, options, context, "dDPO order", options.GroupByLength);
        using var run = new TrainingRun("dDPO", policy, plan, [.. PairMeasures.Names, "grad_norm"], options, context, () => Fingerprint.Of(rows), held is null ? null : () => Fingerprint.Of(evaluation!));

        var memory = TrainingMemory.Before("dDPO", policy, options, context, plan.FirstEpoch().Select(data.DocumentLengths));
        var watch = Stopwatch.StartNew();
        using var synced = options.SyncReference ? new SyncedReference(policy, options, run) : null;
        DpoReference reference, heldReference;
        using (options.ReferenceWithoutAdapter ? policy.Adapter?.Off() : null)
        {
            reference = synced as DpoReference ?? new PrecomputedReference(policy, rows, data, plan.Steps().SelectMany(step => step), options, context, run);
            heldReference = held is null ? reference : synced as DpoReference ?? new PrecomputedReference(policy, evaluation!, held, heldBatches, options, context, run, CheckpointFiles.EvaluationReference);
        }
        var referenceTime = watch.Elapsed;

        using var weights = new FlatParameters(policy.TrainableWeights);
        using var optimizer = FlatOptimizer.Create(weights, options);
        foreach (var step in run.Steps(weights, optimizer, held is null ? null : () => Evaluate(policy, held, heldBatches, heldReference, options)))
            Step(step.Number, step.MicroBatches, step.LearningRate);
        return new DpoResult
        {
            Steps = run.Log.Steps, Evaluations = run.Log.Evaluations, RowsGiven = rows.Count, RowsUsed = data.Used.Count, RowsCut = data.Cut, Tokens = run.Log.Tokens, TrainingTime = run.Log.TrainingTime,
            ReferenceTime = referenceTime, ReferenceFromCache = reference.FromCache && heldReference.FromCache, MemoryEstimate = memory, PeakMemoryBytes = ProcessMemory.Peak(),
            ResumedFromStep = run.Found?.Step, BestStep = run.BestStep, BestMetric = run.BestMetric, StoppedEarly = run.StoppedEarly,
        };

        void Step(int number, int[][] microBatches, double rate)
        {
            using var stepScope = NewDisposeScope();
            var metrics = new List<Tensor>();
            long tokens = 0;
            foreach (var (i, pairs) in microBatches.Index())
            {
                using var batchScope = NewDisposeScope();
                using var batch = data.Batch(pairs, policy);
                var pass = TrainedModel.Pass(policy, batch, options, SeedStream.Create(context.Seed, "dDPO noise", (long)number << 32 | (uint)i).NextInt64());
                var logps = new TargetLogProbabilities(policy, pass.Hidden, batch, squares: options.UseWeighting);
                var (loss, measured) = PairMeasures.Of(logps, batch, pairs, reference, options);
                (loss / microBatches.Length).backward();
                logps.Backward();
                pass.Backward();
                weights.Collect();
                metrics.Add(measured.MoveToOuterDisposeScope());
                tokens += batch.Tokens;
            }
            context.BeforeUpdate?.Invoke(number, weights);
            var norm = optimizer.GradientNorm();
            run.Log.Step(number, microBatches.Length, rate, tokens, cat([stack(metrics).mean([0]), norm.reshape(1)]));
            optimizer.Step(rate, norm);
            synced?.AfterStep(number);
        }
    }

    /// <summary>Summed log-probabilities of pairs under a model, row by row; NaN for rows that have no room for a completion.</summary>
    /// <exception cref="ArgumentException">The options are wrong, or no row has room.</exception>
    public static IReadOnlyList<PairLogProbabilities> LogProbabilities(CausalLM model, IReadOnlyList<PreferenceRow> rows, DpoOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var data = new PreferenceData(rows, options, "given");
        using var same = CausalLM.AsInTraining();
        var known = ReferenceLogProbabilities.Load(null, data.Used.Count);
        var sorted = Enumerable.Range(0, data.Used.Count).OrderByDescending(i => data.Lengths[i]).Chunk(options.EvaluationBatchSize ?? options.BatchSize);
        ReferenceLogProbabilities.Compute(model, data, sorted, known, options, new() { CancellationToken = cancellationToken }, 0, null);
        var all = ReferenceLogProbabilities.Load(null, rows.Count);
        for (int i = 0; i < known.Length; i++)
            all[data.Used[i]] = known[i];
        return all;
    }

    /// <summary>How a policy ranks pairs, against the reference's log-probabilities of the same rows.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="rows">The pairs.</param>
    /// <param name="reference">What <see cref="LogProbabilities"/> gave for the reference.</param>
    /// <param name="options">β, the losses, the length; <see cref="DpoOptions.UseWeighting"/> does not count here.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="ArgumentException">The options are wrong, no row has room, or the reference has another number of rows.</exception>
    public static PreferenceEvaluation Evaluate(CausalLM policy, IReadOnlyList<PreferenceRow> rows, IReadOnlyList<PairLogProbabilities> reference, DpoOptions options, CancellationToken cancellationToken = default)
    {
        if (reference.Count != rows.Count)
            throw new ArgumentException($"There are {rows.Count} rows but {reference.Count} reference log-probabilities; expected one for each row.", nameof(reference));
        var logps = LogProbabilities(policy, rows, options, cancellationToken);
        using var scope = NewDisposeScope();
        int[] used = [.. Enumerable.Range(0, rows.Count).Where(i => !float.IsNaN(logps[i].Chosen) && !float.IsNaN(reference[i].Chosen))];
        if (used.Length == 0)
            throw new ArgumentException("No pair has log-probabilities of both the policy and the reference.", nameof(reference));
        Tensor Column(Func<int, float> value) => tensor(used.Select(value).ToArray(), [used.Length]);
        int Room(int i, int[] completion) => PreferenceData.CompletionTokens(rows[i].Prompt, completion, options);
        var pairs = new PairTensors(Column(i => logps[i].Chosen), Column(i => logps[i].Rejected), Column(i => reference[i].Chosen), Column(i => reference[i].Rejected),
            Column(i => Room(i, rows[i].Chosen)), Column(i => Room(i, rows[i].Rejected)));
        var (loss, chosen, rejected) = DpoLosses.Compute(pairs, options);
        return new(used.Length, chosen.gt(rejected).to(ScalarType.Float32).mean().item<float>(), (chosen - rejected).mean().item<float>(), loss.item<float>(), logps);
    }

    /// <summary>TRL's evaluation: the loss is weighted by the batches' rows, the rest are means over batches.</summary>
    private static Dictionary<string, double> Evaluate(CausalLM policy, PreferenceData data, List<int[]> batches, DpoReference reference, DpoOptions options)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var results = new List<Tensor>();
        foreach (var pairs in batches)
        {
            using var batchScope = NewDisposeScope();
            using var batch = data.Batch(pairs, policy);
            var logps = new TargetLogProbabilities(policy, policy.Hidden(batch.Ids, batch.Layout), batch, squares: options.UseWeighting);
            results.Add(PairMeasures.Of(logps, batch, pairs, reference, options).Metrics.MoveToOuterDisposeScope());
        }
        var values = stack(results).ToFloats();
        int width = PairMeasures.Names.Length;
        var metrics = new Dictionary<string, double>();
        for (int m = 0; m < width; m++)
            metrics["eval_" + PairMeasures.Names[m]] = m == 0
                ? batches.Select((b, i) => (double)values[i * width] * b.Length).Sum() / data.Used.Count
                : batches.Select((_, i) => (double)values[i * width + m]).Average();
        return metrics;
    }
}
