using System.Globalization;
using System.Text.Json.Serialization;

namespace ZephyrML.Teacher;

/// <summary>How far a judge's verdicts agree with given labels: people's, or another judge's.</summary>
public sealed class JudgeAgreement : IEvaluationResult
{
    private JudgeAgreement(string name, int count, int left, double agreement, double withoutTies, int decided, double kappa)
    {
        (Name, Count, Missing, Agreement, AgreementWithoutTies, Decided, Kappa) = (name, count, left, agreement, withoutTies, decided, kappa);
    }

    /// <summary>What was compared.</summary>
    public string Name { get; }

    /// <summary>Pairs with both a verdict and a label.</summary>
    public int Count { get; }

    /// <summary>Pairs that lack one of the two; they do not count.</summary>
    public int Missing { get; }

    /// <summary>Share of equal verdicts; a tie is a verdict of its own.</summary>
    public double Agreement { get; }

    /// <summary>Share of equal verdicts where neither is a tie (MT-Bench's setup S2); NaN where there is none.</summary>
    public double AgreementWithoutTies { get; }

    /// <summary>Pairs where neither is a tie.</summary>
    public int Decided { get; }

    /// <summary>Cohen's κ: agreement beyond what chance gives with the same shares of verdicts, 1 where all agree.</summary>
    public double Kappa { get; }

    /// <inheritdoc/>
    [JsonIgnore]
    public string Title => $"Agreement: {Name}";

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<EvaluationTable> Tables =>
    [
        new("Judge and labels", ["pairs", "missing", "agreement", "without ties", "decided pairs", "Cohen's kappa"],
            [[$"{Count}", $"{Missing}", Text(Agreement), Text(AgreementWithoutTies), $"{Decided}", Text(Kappa)]]),
    ];

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<string> Charts => [];

    /// <summary>Compares verdicts with labels.</summary>
    /// <param name="name">What is compared, for the title.</param>
    /// <param name="verdicts">The judge's outcomes: above one half for the first answer, one half for a tie, below for the second; null: unread.</param>
    /// <param name="labels">The labels, likewise.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or there is no pair to compare.</exception>
    public static JudgeAgreement Of(string name, IReadOnlyList<double?> verdicts, IReadOnlyList<double?> labels)
    {
        ArgumentNullException.ThrowIfNull(verdicts);
        ArgumentNullException.ThrowIfNull(labels);
        if (verdicts.Count != labels.Count)
            throw new ArgumentException($"There are {verdicts.Count} verdicts but {labels.Count} labels.", nameof(labels));
        var pairs = verdicts.Zip(labels).Where(p => p is { First: not null, Second: not null }).Select(p => (Verdict: Math.Sign(p.First!.Value - 0.5), Label: Math.Sign(p.Second!.Value - 0.5))).ToList();
        if (pairs.Count == 0)
            throw new ArgumentException($"None of {verdicts.Count} pairs has both a verdict and a label.", nameof(verdicts));
        var agreement = pairs.Average(p => p.Verdict == p.Label ? 1.0 : 0);
        var chance = new[] { -1, 0, 1 }.Sum(c => pairs.Average(p => p.Verdict == c ? 1.0 : 0) * pairs.Average(p => p.Label == c ? 1.0 : 0));
        var decided = pairs.Where(p => p.Verdict != 0 && p.Label != 0).ToList();
        return new(name, pairs.Count, verdicts.Count - pairs.Count, agreement, decided.Count == 0 ? double.NaN : decided.Average(p => p.Verdict == p.Label ? 1.0 : 0), decided.Count,
            chance < 1 ? (agreement - chance) / (1 - chance) : 1);
    }

    private static string Text(double value) => double.IsNaN(value) ? "-" : value.ToString("0.000", CultureInfo.InvariantCulture);
}
