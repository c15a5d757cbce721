using System.Globalization;
using System.Text.Json.Serialization;

namespace ZephyrML.Teacher;

/// <summary>MT-Bench's scores of one model (arXiv 2306.05685): means over 1 to 10. Judgements without a readable score are left out and counted.</summary>
public sealed class MtBenchMetrics : IEvaluationResult
{
    /// <summary>Averages scores.</summary>
    /// <param name="model">Who was asked.</param>
    /// <param name="judge">Who judged.</param>
    /// <param name="scores">The judge's scores.</param>
    /// <exception cref="ArgumentException">None could be read.</exception>
    public MtBenchMetrics(string model, string judge, IReadOnlyList<MtBenchScore> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var read = scores.Where(s => !double.IsNaN(s.Score)).ToList();
        if (read.Count == 0)
            throw new ArgumentException($"None of {scores.Count} judgements by '{judge}' has a readable score.", nameof(scores));
        (Model, Judge, Scores, Unread) = (model, judge, scores, scores.Count - read.Count);
        Score = read.Average(s => s.Score);
        FirstTurn = Mean(read.Where(s => s.Turn == 1));
        SecondTurn = Mean(read.Where(s => s.Turn == 2));
        Categories = scores.Select(s => s.Category).Distinct().ToDictionary(c => c, c => Mean(read.Where(s => s.Category == c)));
        StandardError = read.Count < 2 ? 0 : Math.Sqrt(read.Sum(s => (s.Score - Score) * (s.Score - Score)) / (read.Count - 1) / read.Count);
    }

    /// <summary>Who was asked.</summary>
    public string Model { get; }

    /// <summary>Who judged.</summary>
    public string Judge { get; }

    /// <summary>The mean over all turns.</summary>
    public double Score { get; }

    /// <summary>The standard error of that mean.</summary>
    public double StandardError { get; }

    /// <summary>The mean of the first turns; NaN where none was read.</summary>
    public double FirstTurn { get; }

    /// <summary>The mean of the second turns; NaN where none was read.</summary>
    public double SecondTurn { get; }

    /// <summary>The mean of each category over its turns, in the order of the questions; NaN where none was read.</summary>
    public IReadOnlyDictionary<string, double> Categories { get; }

    /// <summary>Judgements without a readable score.</summary>
    public int Unread { get; }

    /// <summary>Every score with its judgement.</summary>
    public IReadOnlyList<MtBenchScore> Scores { get; }

    /// <inheritdoc/>
    [JsonIgnore]
    public string Title => $"MT-Bench: {Model}, judged by {Judge}";

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<EvaluationTable> Tables =>
    [
        new("Scores, 1 to 10", ["model", "score", "standard error", "turn 1", "turn 2", "judgements", "unread"],
            [[Model, Text(Score), Text(StandardError), Text(FirstTurn), Text(SecondTurn), $"{Scores.Count}", $"{Unread}"]]),
        new("By category", ["category", "score"], [.. Categories.Select(c => new[] { c.Key, Text(c.Value) })]),
    ];

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<string> Charts => Categories.Count < 3 ? [] : [RadarChart.Draw("MT-Bench by category", [.. Categories.Keys], [(Model, [.. Categories.Values])], 10)];

    private static double Mean(IEnumerable<MtBenchScore> scores) => scores.Select(s => s.Score).DefaultIfEmpty(double.NaN).Average();

    private static string Text(double value) => double.IsNaN(value) ? "-" : value.ToString("0.00", CultureInfo.InvariantCulture);
}
