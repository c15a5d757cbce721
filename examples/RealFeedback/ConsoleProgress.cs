using System.Globalization;
using ZephyrML;

namespace RealFeedback;

/// <summary>A line for each report of a training stage.</summary>
internal sealed class ConsoleProgress : IProgress<ZephyrProgress>
{
    public void Report(ZephyrProgress value)
    {
        if (!value.Metrics.TryGetValue("loss", out var loss))
            return;
        var accuracy = value.Metrics.TryGetValue("rewards/accuracies", out var a) ? string.Create(CultureInfo.InvariantCulture, $", accuracy {a:0.00}") : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Stage} {value.Done}/{value.Total}: loss {loss:0.0000}{accuracy}, {value.PerSecond:0.0} tokens/s, {value.TimeLeft:mm\\:ss} left"));
    }
}
