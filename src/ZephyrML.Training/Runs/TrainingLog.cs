using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// Collects what the steps measure. Metrics stay tensors until a number is shown: every <see cref="TrainingOptions.LogEverySteps"/> steps, before an
/// evaluation or a checkpoint and at the end; so a GPU never waits for them in between.
/// </summary>
/// <param name="stage">dSFT or dDPO.</param>
/// <param name="plan">How many steps and micro-batches there are.</param>
/// <param name="names">What a step's vector of metrics holds; loss and grad_norm are among them.</param>
/// <param name="options">How often to read.</param>
/// <param name="context">Whom to tell.</param>
internal sealed class TrainingLog(string stage, BatchPlan plan, IReadOnlyList<string> names, TrainingOptions options, TrainingContext context) : ICheckpointed, IDisposable
{
    private readonly Stopwatch watch = new();
    private readonly int totalSteps = plan.TotalSteps;
    private readonly List<(int Step, double Epoch, double LearningRate, long Tokens, Tensor Metrics)> unread = [];
    private readonly List<StepMetrics> steps = [], evaluations = [], inOrder = [];
    private TimeSpan before;
    private long batches;
    private int stepsBefore;

    public IReadOnlyList<StepMetrics> Steps => steps;

    public IReadOnlyList<StepMetrics> Evaluations => evaluations;

    /// <summary>Steps and evaluations as they came.</summary>
    public IReadOnlyList<StepMetrics> InOrder => inOrder;

    public long Tokens { get; private set; }

    public TimeSpan TrainingTime => before + watch.Elapsed;

    /// <summary>Called with each step's metrics when they are read, before anybody else is told; may throw to stop the run. On a CPU that is before the step moves the weights.</summary>
    public Action<StepMetrics>? Check { get; set; }

    /// <summary>Told of each step and evaluation.</summary>
    public Action<StepMetrics>? Told { get; set; }

    /// <summary>The time of steps runs between this and <see cref="Pause"/>.</summary>
    public void Resume() => watch.Start();

    public void Pause() => watch.Stop();

    /// <summary>Takes a step's metrics: a vector in the order of the names.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="microBatches">How many micro-batches it had.</param>
    /// <param name="learningRate">Its rate.</param>
    /// <param name="tokens">Tokens it trained on.</param>
    /// <param name="metrics">(number of names); this object takes it over.</param>
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
    public StepMetrics Evaluation(int step, IReadOnlyDictionary<string, double> values)
    {
        Read();
        var evaluation = new StepMetrics(step, new Dictionary<string, double>(values) { ["eval_num_tokens"] = Tokens });
        evaluations.Add(evaluation);
        Take(evaluation);
        Show(evaluation);
        return evaluation;
    }

    /// <summary>Reads what was not read yet; waits for a GPU.</summary>
    public void Read()
    {
        var waiting = unread.ToList();
        unread.Clear();
        using var held = new DisposeAll(waiting.Select(w => w.Metrics));
        foreach (var (step, epoch, learningRate, tokens, tensor) in waiting)
        {
            var values = tensor.ToFloats();
            var byName = new Dictionary<string, double> { ["epoch"] = epoch, ["learning_rate"] = learningRate, ["num_tokens"] = tokens };
            for (int i = 0; i < names.Count; i++)
                byName[names[i]] = values[i];
            var metrics = new StepMetrics(step, byName);
            Check?.Invoke(metrics);
            steps.Add(metrics);
            Take(metrics);
        }
    }

    public void Save(CheckpointWriter to)
    {
        Read();
        to.State["log"] = new JsonObject { ["num_input_tokens_seen"] = Tokens, ["micro_batches"] = batches, ["seconds"] = TrainingTime.TotalSeconds };
        to.File(CheckpointFiles.Metrics, stream =>
        {
            foreach (var metrics in inOrder)
                stream.Write(Encoding.UTF8.GetBytes(MetricLines.Write(metrics) + "\n"));
        });
    }

    public void Load(CheckpointReader from)
    {
        var state = from.State["log"]!;
        (Tokens, batches, before, stepsBefore) = (state["num_input_tokens_seen"]!.GetValue<long>(), state["micro_batches"]!.GetValue<long>(), TimeSpan.FromSeconds(state["seconds"]!.GetValue<double>()), from.Step);
        foreach (var line in File.ReadLines(from.PathOf(CheckpointFiles.Metrics)))
        {
            var metrics = MetricLines.Read(line);
            (MetricLines.IsEvaluation(metrics) ? evaluations : steps).Add(metrics);
            inOrder.Add(metrics);
        }
    }

    public void Dispose()
    {
        foreach (var (_, _, _, _, metrics) in unread)
            metrics.Dispose();
        unread.Clear();
    }

    private readonly struct DisposeAll(IEnumerable<Tensor> tensors) : IDisposable
    {
        public void Dispose()
        {
            foreach (var tensor in tensors)
                tensor.Dispose();
        }
    }

    private void Take(StepMetrics metrics)
    {
        inOrder.Add(metrics);
        Told?.Invoke(metrics);
    }

    private void Show(StepMetrics shown)
    {
        if (context.Progress is null)
            return;
        double Value(string name) => shown.Values.TryGetValue(name, out var v) ? v : double.NaN;
        double seconds = TrainingTime.TotalSeconds, here = watch.Elapsed.TotalSeconds;
        int stepsHere = shown.Step - stepsBefore;
        double loss = shown.Values.ContainsKey("loss") ? Value("loss") : Value("eval_loss");
        context.Progress.Report(new TrainingProgress(stage, shown.Step, totalSteps, loss, Value("learning_rate"), Value("grad_norm"),
            seconds > 0 ? Tokens / seconds : 0, stepsHere > 0 ? TimeSpan.FromSeconds(here / stepsHere * (totalSteps - shown.Step)) : TimeSpan.Zero, shown.Values));
    }
}
