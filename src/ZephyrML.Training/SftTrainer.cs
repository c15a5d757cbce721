using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// Distilled supervised fine-tuning (Zephyr paper, section 3): maximises log π(y|x) of the teacher's answers. The loss of an optimiser step is
/// Σ −log π over the supervised tokens of all its micro-batches, divided by their number, as TRL has it.
/// </summary>
public static class SftTrainer
{
    private static readonly string[] MetricNames = ["loss", "entropy", "mean_token_accuracy", "grad_norm"];

    /// <summary>Trains a model's weights in place.</summary>
    /// <param name="model">The student, of the type that <see cref="TrainingOptions.Precision"/> says. Weights that do not require gradients stay as they are.</param>
    /// <param name="rows">What to learn; read again and again, so a <see cref="TokenStore{TRow}"/> will do.</param>
    /// <param name="evaluation">Rows for evaluations before, after and, by option, during training; or null.</param>
    /// <param name="options">Copied at the start.</param>
    /// <param name="context">Progress, cancellation, seed.</param>
    /// <exception cref="ArgumentException">Options, rows or model are not fit for training; the message says what was expected.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not a finite number any more, or explodes; the weights are the last good ones.</exception>
    /// <exception cref="InvalidOperationException">There are checkpoints, but of a run with other options, rows or weights.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two steps; a checkpoint was written, if there is a folder for it.</exception>
    public static SftResult Train(CausalLM model, IReadOnlyList<SftRow> rows, IReadOnlyList<SftRow>? evaluation, SftOptions options, TrainingContext context)
    {
        (model ?? throw new ArgumentNullException(nameof(model))).train();
        options = (SftOptions)options.Copy();
        options.Validate();
        context = context.Or(options.Seed);
        TrainedModel.Require(model, options, "dSFT");
        using var scope = NewDisposeScope();

        var stops = StopTokens.Of(model, context);
        var data = new SftData(rows, options, "training", stops: stops);
        StopTokens.Warn("dSFT", data.TeachesStop, stops, context);
        var held = evaluation is { Count: > 0 } ? new SftData(evaluation, options, "evaluation", options.EvaluationPacking) : null;
        var plan = new BatchPlan(data.UnitLengths, options, context, "dSFT order", options.GroupByLength && options.Packing == Packing.None);
        using var run = new TrainingRun("dSFT", model, plan, MetricNames, options, context, () => Fingerprint.Of(rows), held is null ? null : () => Fingerprint.Of(evaluation!));
        var memory = TrainingMemory.Before("dSFT", model, options, context, plan.FirstEpoch().Select(data.Lengths));
        using var weights = new FlatParameters(model.TrainableWeights);
        using var optimizer = FlatOptimizer.Create(weights, options);

        foreach (var step in run.Steps(weights, optimizer, held is null ? null : () => Evaluate(model, held, options)))
            Step(step.Number, step.MicroBatches, step.LearningRate);
        return new SftResult
        {
            Steps = run.Log.Steps, Evaluations = run.Log.Evaluations, RowsGiven = rows.Count, RowsUsed = data.Used, RowsCut = data.Cut, PackedRows = data.Units.Count,
            Tokens = run.Log.Tokens, TrainingTime = run.Log.TrainingTime, MemoryEstimate = memory, PeakMemoryBytes = ProcessMemory.Peak(), ResumedFromStep = run.Found?.Step, BestStep = run.BestStep, BestMetric = run.BestMetric, StoppedEarly = run.StoppedEarly,
        };

        void Step(int number, int[][] microBatches, double rate)
        {
            using var stepScope = NewDisposeScope();
            var batches = microBatches.Select(units => data.Batch(units, model)).ToList();
            int targets = Math.Max(1, batches.Sum(b => b.TargetCount));
            var metrics = new List<Tensor>();
            foreach (var (i, batch) in batches.Index())
            {
                using var batchScope = NewDisposeScope();
                long seed = SeedStream.Create(context.Seed, "dSFT dropout", (long)number << 32 | (uint)i).NextInt64();
                using var dropout = model.Adapter?.Dropping(seed);
                metrics.Add(Learn(model, batch, options, targets, seed).MoveToOuterDisposeScope());
                weights.Collect();
                batch.Dispose();
            }
            var all = stack(metrics);                                                                           // (micro-batches, 3)
            context.BeforeUpdate?.Invoke(number, weights);
            var norm = optimizer.GradientNorm();
            run.Log.Step(number, microBatches.Length, rate, batches.Sum(b => (long)b.Tokens), cat([all.select(1, 0).sum().reshape(1), all.narrow(1, 1, 2).mean([0]), norm.reshape(1)]));
            optimizer.Step(rate, norm);
        }
    }

    /// <summary>Adds a micro-batch's part to the gradients. (3): as of <see cref="Measures"/>.</summary>
    private static Tensor Learn(CausalLM model, TokenBatch batch, SftOptions options, int lossDivisor, long seed)
    {
        if (batch.TargetCount == 0)
            return zeros(3, device: batch.Ids.device);
        var pass = TrainedModel.Pass(model, batch, options, seed);
        var logps = new TargetLogProbabilities(model, pass.Hidden, batch, values => SftLosses.Gradient(options.Loss, values, lossDivisor));
        logps.Backward();
        pass.Backward();
        return Measures(logps, options, lossDivisor);
    }

    /// <summary>(3): Σ loss / divisor, and the means of entropy and accuracy over the batch's targets.</summary>
    private static Tensor Measures(TargetLogProbabilities logps, SftOptions options, int lossDivisor) =>
        stack([SftLosses.Sum(options.Loss, logps.Values.detach(), lossDivisor), logps.Entropy.mean(), logps.Correct.mean()]);

    /// <summary>TRL's evaluation: the loss is weighted by the batches' rows, each batch's loss being the mean over its tokens; the rest are means over batches.</summary>
    private static Dictionary<string, double> Evaluate(CausalLM model, SftData data, SftOptions options)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var batches = Enumerable.Range(0, data.Units.Count).Chunk(options.EvaluationBatchSize ?? options.BatchSize).ToList();
        var results = new List<Tensor>();
        foreach (var units in batches)
        {
            using var batchScope = NewDisposeScope();
            using var batch = data.Batch(units, model);
            results.Add((batch.TargetCount == 0 ? zeros(3, device: batch.Ids.device)
                : Measures(new(model, model.Hidden(batch.Ids, batch.Layout), batch), options, batch.TargetCount)).MoveToOuterDisposeScope());
        }
        var values = stack(results).ToFloats();
        return new()
        {
            ["eval_loss"] = batches.Select((units, i) => values[3 * i] * (double)units.Length).Sum() / data.Units.Count,
            ["eval_entropy"] = batches.Select((_, i) => (double)values[3 * i + 1]).Average(),
            ["eval_mean_token_accuracy"] = batches.Select((_, i) => (double)values[3 * i + 2]).Average(),
        };
    }
}
