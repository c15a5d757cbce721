using System.Globalization;
using System.Text.Json.Serialization;
using ZephyrML.Teacher;

namespace ZephyrML;

/// <summary>How well a student foretells given answers: cross-entropy of the assistant's tokens, each given all before it.</summary>
public sealed class PerplexityMetrics : IEvaluationResult
{
    internal PerplexityMetrics(int rows, int skipped, long tokens, double loss, double accuracy) => (Rows, RowsSkipped, Tokens, Loss, MeanTokenAccuracy) = (rows, skipped, tokens, loss, accuracy);

    /// <summary>Rows that count.</summary>
    public int Rows { get; }

    /// <summary>Rows without an answer.</summary>
    public int RowsSkipped { get; }

    /// <summary>Tokens that count: the assistant's, the end of turn included.</summary>
    public long Tokens { get; }

    /// <summary>Mean cross-entropy of a token, in nats.</summary>
    public double Loss { get; }

    /// <summary>exp(<see cref="Loss"/>).</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Share of tokens that the student finds most probable.</summary>
    public double MeanTokenAccuracy { get; }

    /// <inheritdoc/>
    [JsonIgnore]
    public string Title => "Perplexity of given answers";

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<EvaluationTable> Tables =>
    [
        new("Cross-entropy", ["rows", "skipped", "tokens", "loss (nats)", "perplexity", "token accuracy"],
            [[$"{Rows}", $"{RowsSkipped}", $"{Tokens}", Text(Loss), Text(Perplexity), MeanTokenAccuracy.ToString("P1", CultureInfo.InvariantCulture)]]),
    ];

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<string> Charts => [];

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
