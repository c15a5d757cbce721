using System.Globalization;
using Microsoft.ML.Runtime;
using ZephyrML.Training;
using ZephyrML.Transforms;

namespace ZephyrML.Fitting;

/// <summary>Tells the catalog's progress and ML.NET's log how training goes.</summary>
internal sealed class FitLog(IChannel channel, StageContext context) : IProgress<TrainingProgress>, IProgress<string>, IProgress<MemoryEstimate>
{
    public void Report(TrainingProgress value)
    {
        context.Progress?.Report(new ZephyrProgress(value.Stage, value.Step, value.TotalSteps, value.TokensPerSecond, value.TimeLeft, Metrics(value)));
        channel.Info(MessageSensitivity.None, string.Create(CultureInfo.InvariantCulture,
            $"{value.Stage}: step {value.Step} of {value.TotalSteps}, loss {value.Loss:0.0000}, learning rate {value.LearningRate:0.00e+0}, {value.TokensPerSecond:0} tokens/s, {value.TimeLeft:hh\\:mm\\:ss} left"));
    }

    private static Dictionary<string, double> Metrics(TrainingProgress value)
    {
        var metrics = new Dictionary<string, double>(value.Metrics);
        metrics.TryAdd("loss", value.Loss);
        metrics.TryAdd("learning_rate", value.LearningRate);
        metrics.TryAdd("grad_norm", value.GradNorm);
        return metrics;
    }

    /// <summary>A warning.</summary>
    public void Report(string value) => channel.Warning(MessageSensitivity.None, value);

    /// <summary>What memory is going to be needed.</summary>
    public void Report(MemoryEstimate value) => channel.Info(MessageSensitivity.None, $"Memory expected: {value}");

    /// <summary>What memory was needed.</summary>
    public void Memory(string stage, TrainingResult result) => channel.Info(MessageSensitivity.None, string.Create(CultureInfo.InvariantCulture,
        $"{stage}: the process took at most {result.PeakMemoryBytes / (double)(1 << 20):0} MiB of memory so far; {result.MemoryEstimate.Total / (double)(1 << 20):0} MiB were expected for this run where it computes"));

    public void Rows(string stage, int used, int skipped, int heldOut, string lacking) => channel.Info(MessageSensitivity.None,
        $"{stage}: {used} rows used, {skipped} skipped ({lacking}), {heldOut} held out for evaluation");
}
