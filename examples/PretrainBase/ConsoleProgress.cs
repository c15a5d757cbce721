using System.Globalization;
using ZephyrML.Training;

namespace PretrainBase;

/// <summary>A line for every logged step.</summary>
internal sealed class ConsoleProgress(int days) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{days}-day forecasts, step {value.Step}/{value.TotalSteps}: loss {value.Loss:0.000}, {value.TokensPerSecond:0} tokens/s, {value.TimeLeft:mm\\:ss} left"));
}
