using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// Collects what the steps measure. Metrics stay tensors until a number is shown: every <see cref="TrainingOptions.LogEverySteps"/> steps, before an
/// evaluation and at the end; so a GPU never waits for them in between.
/// </summary>
internal sealed class TrainingLog(string stage, BatchPlan plan, IReadOnlyList<string> names, TrainingOptions options, TrainingContext context) : IDisposable
{
    private readonly Stopwatch watch = new();
    private readonly int totalSteps = plan.TotalSteps;
    private readonly List<(int Step, double Epoch, double LearningRate, long Tokens, Tensor Metrics)> unread = [];
    private long batches;
    private readonly List<StepMetrics> steps = [], evaluations = [];

    public IReadOnlyList<StepMetrics> Steps => steps;

    public IReadOnlyList<StepMetrics> Evaluations => evaluations;

    public long Tokens { get; private set; }

    public TimeSpan TrainingTime => watch.Elapsed;

    /// <summary>The time of steps runs between this and <see cref="Pause"/>.</summary>
    public void Resume() => watch.Start();

    public void Pause() => watch.Stop();

    /// <summary>Takes a step's metrics: a vector in the order of the names, grad_norm last.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="microBatches">How many micro-batches it had.</param>
    /// <param name="learningRate">Its rate.</param>
    /// <param name="tokens">Tokens it trained on.</param>
    /// <param name="metrics">(number of names); this object takes it over.</param>
    /// <exception cref="InvalidOperationException">The loss or the gradient is not a number any more.</exception>
    public void Step(int step, int microBatches, double learningRate, long tokens, Tensor metrics)
    {
        Tokens += tokens;
        batches += microBatches;
        unread.Add((step, (double)batches / plan.BatchesPerEpoch, learningRate, Tokens, metrics.DetachFromDisposeScope()));
        // Reading costs nothing where there is no queue of kernels to wait for, and stops a run gone wrong before the weights are touched.
        bool show = step % options.LogEverySteps == 0 || step == totalSteps;
        if (show || metrics.device_type == DeviceType.CPU)
            Read();
        if (show)
            Show(steps[^1]);
    }

    /// <summary>Takes the result of an evaluation.</summary>
    public void Evaluation(int step, IReadOnlyDictionary<string, double> values)
    {
        Read();
        var evaluation = new StepMetrics(step, new Dictionary<string, double>(values) { ["eval_num_tokens"] = Tokens });
        evaluations.Add(evaluation);
        Show(evaluation);
    }

    public void Dispose()
    {
        foreach (var (_, _, _, _, metrics) in unread)
            metrics.Dispose();
        unread.Clear();
    }

    private void Read()
    {
        foreach (var (step, epoch, learningRate, tokens, metrics) in unread)
        {
            var values = metrics.ToFloats();
            var byName = new Dictionary<string, double> { ["epoch"] = epoch, ["learning_rate"] = learningRate, ["num_tokens"] = tokens };
            for (int i = 0; i < names.Count; i++)
                byName[names[i]] = values[i];
            if (!double.IsFinite(byName["loss"]) || !double.IsFinite(byName["grad_norm"]))
                throw new InvalidOperationException(FormattableString.Invariant(
                    $"{stage} went wrong in step {step} of {totalSteps}: the loss is {byName["loss"]}, the gradient's norm {byName["grad_norm"]}, at a learning rate of {learningRate}. Expected finite numbers; a lower {nameof(TrainingOptions.LearningRate)} or a longer warm-up usually helps."));
            steps.Add(new StepMetrics(step, byName));
        }
        Dispose();
    }

    private void Show(StepMetrics shown)
    {
        if (context.Progress is null)
            return;
        double Value(string name) => shown.Values.TryGetValue(name, out var v) ? v : double.NaN;
        double seconds = watch.Elapsed.TotalSeconds;
        double loss = shown.Values.ContainsKey("loss") ? Value("loss") : Value("eval_loss");
        context.Progress.Report(new TrainingProgress(stage, shown.Step, totalSteps, loss, Value("learning_rate"), Value("grad_norm"),
            seconds > 0 ? Tokens / seconds : 0, shown.Step > 0 ? TimeSpan.FromSeconds(seconds / shown.Step * (totalSteps - shown.Step)) : TimeSpan.Zero, shown.Values));
    }
}
