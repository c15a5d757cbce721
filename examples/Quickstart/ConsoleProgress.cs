using System.Diagnostics;
using System.Globalization;
using ZephyrML;

namespace Quickstart;

/// <summary>Prints where a long call stands, at most twice a second, and remembers how long each stage took.</summary>
internal sealed class ConsoleProgress : IProgress<ZephyrProgress>, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<string, (double First, double Last)> _stages = [];
    private readonly bool _overwrites = !Console.IsOutputRedirected;
    private double _printed = double.NegativeInfinity;
    private string _stage = "";

    /// <summary>Seconds since the start.</summary>
    public double Elapsed => _clock.Elapsed.TotalSeconds;

    /// <summary>Seconds from a stage's first report to its last.</summary>
    public IReadOnlyDictionary<string, double> Stages
    {
        get
        {
            lock (_lock)
                return _stages.ToDictionary(s => s.Key, s => Math.Round(s.Value.Last - s.Value.First, 1));
        }
    }

    public void Report(ZephyrProgress value)
    {
        lock (_lock)
        {
            var now = Elapsed;
            var known = _stages.TryGetValue(value.Stage, out var times);
            _stages[value.Stage] = (known ? times.First : now, now);
            if (known && value.Done != value.Total && now - _printed < (_overwrites ? 0.5 : 10))
                return;                                                          // stages may take turns: TeacherGenerate and Rank work on the same rows
            if (_overwrites && _stage.Length > 0 && value.Stage != _stage)
                Console.WriteLine();
            (_stage, _printed) = (value.Stage, now);
            var loss = value.Metrics.TryGetValue("loss", out var l) && !double.IsNaN(l) ? string.Create(CultureInfo.InvariantCulture, $", loss {l:0.000}") : "";
            var accuracy = value.Metrics.TryGetValue("rewards/accuracies", out var a) ? string.Create(CultureInfo.InvariantCulture, $", accuracy {a:0.00}") : "";
            var text = string.Create(CultureInfo.InvariantCulture, $"{now,6:0.0}s  {value.Stage,-16} {value.Done}{(value.Total is { } t ? $"/{t}" : "")}{loss}{accuracy}, {value.PerSecond:0} {(value.Metrics.ContainsKey("loss") ? "tokens" : "rows")}/s{(value.TimeLeft is { } left ? $", {left:mm\\:ss} left" : "")}");
            if (_overwrites)
                Console.Write($"\r{text,-110}");
            else
                Console.WriteLine(text);
        }
    }

    /// <summary>Ends the line that progress overwrites.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_overwrites && _stage.Length > 0)
                Console.WriteLine();
            _stage = "";
        }
    }
}
