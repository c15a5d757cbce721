using System.Globalization;
using ZephyrML;

namespace RealFeedback;

/// <summary>A line for each report of a training stage.</summary>
internal sealed class ConsoleProgress : IProgress<ZephyrProgress>
{
    public void Report(ZephyrProgress value)
    {
        if (!value.Metrics.TryGetValue("loss", out var l))
            return;
        var loss = double.IsNaN(l) ? "" : string.Create(CultureInfo.InvariantCulture, $" loss {l:0.0000}");
        var accuracy = value.Metrics.TryGetValue("rewards/accuracies", out var a) ? string.Create(CultureInfo.InvariantCulture, $", accuracy {a:0.00}") : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Stage} {value.Done}/{value.Total}:{loss}{accuracy}{(loss.Length > 0 ? "," : "")} {value.PerSecond:0.0} tokens/s, {value.TimeLeft:mm\\:ss} left"));
    }
}
