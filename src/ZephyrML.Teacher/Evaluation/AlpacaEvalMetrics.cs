using System.Globalization;
using System.Text.Json.Serialization;

namespace ZephyrML.Teacher;

/// <summary>AlpacaEval's figures for one model, as its leaderboard prints them.</summary>
/// <param name="model">Who is evaluated.</param>
/// <param name="baseline">Whom it is compared with.</param>
/// <param name="winRate">Wins, draws and losses.</param>
/// <param name="unread">Verdicts that could not be read and do not count.</param>
public sealed class AlpacaEvalMetrics(string model, string baseline, WinRate winRate, int unread) : IEvaluationResult
{
    /// <summary>Who is evaluated.</summary>
    public string Model { get; } = model;

    /// <summary>Whom it is compared with.</summary>
    public string Baseline { get; } = baseline;

    /// <summary>The win rate in percent; a draw is half a win.</summary>
    public double WinRate { get; } = 100 * winRate.Value;

    /// <summary>The standard error of the win rate, in percentage points.</summary>
    public double StandardError { get; } = 100 * winRate.StandardError;

    /// <summary>Verdicts for the model.</summary>
    public int Wins { get; } = winRate.Wins;

    /// <summary>Verdicts for the baseline.</summary>
    public int WinsBase { get; } = winRate.Losses;

    /// <summary>Draws.</summary>
    public int Draws { get; } = winRate.Ties;

    /// <summary>Verdicts that count.</summary>
    public int Total { get; } = winRate.Count;

    /// <summary>Verdicts that could not be read and do not count.</summary>
    public int Unread { get; } = unread;

    /// <inheritdoc/>
    [JsonIgnore]
    public string Title => $"AlpacaEval: {Model} against {Baseline}";

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<EvaluationTable> Tables =>
    [
        new("Win rate", ["model", "win rate %", "standard error", "wins", "wins of the baseline", "draws", "total", "unread"],
            [[Model, Text(WinRate), Text(StandardError), $"{Wins}", $"{WinsBase}", $"{Draws}", $"{Total}", $"{Unread}"]]),
    ];

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<string> Charts => [];

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
