namespace ZephyrML.Teacher;

/// <summary>A share of wins with its standard error and 95% interval.</summary>
/// <param name="Value">Wins over comparisons, between 0 and 1; a tie is half a win.</param>
/// <param name="StandardError">The standard error of that mean (sample standard deviation over √n); 0 for a single comparison.</param>
/// <param name="Wins">How many were won.</param>
/// <param name="Ties">How many were tied.</param>
/// <param name="Losses">How many were lost.</param>
public sealed record WinRate(double Value, double StandardError, int Wins, int Ties, int Losses)
{
    /// <summary>Lower end of the 95% interval: 1.96 standard errors below the value, not below 0.</summary>
    public double Low => Math.Max(0, Value - 1.96 * StandardError);

    /// <summary>Upper end of the 95% interval: 1.96 standard errors above the value, not above 1.</summary>
    public double High => Math.Min(1, Value + 1.96 * StandardError);

    /// <summary>How many comparisons there were.</summary>
    public int Count => Wins + Ties + Losses;

    /// <summary>From outcomes between 0 (lost) and 1 (won): above one half counts as a win, one half as a tie.</summary>
    /// <param name="outcomes">One number a comparison; numbers in between are shares of a win, as judges that give probabilities tell them.</param>
    /// <exception cref="ArgumentException">There are no outcomes, or one is not between 0 and 1.</exception>
    public static WinRate Of(IReadOnlyCollection<double> outcomes)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        if (outcomes.Count == 0)
            throw new ArgumentException("A win rate needs at least one comparison.", nameof(outcomes));
        if (outcomes.Any(o => o is not (>= 0 and <= 1)))
            throw new ArgumentException($"An outcome is between 0 and 1, not {outcomes.First(o => o is not (>= 0 and <= 1))}.", nameof(outcomes));
        var mean = outcomes.Average();
        var variance = outcomes.Count > 1 ? outcomes.Sum(o => (o - mean) * (o - mean)) / (outcomes.Count - 1) : 0;
        var ties = outcomes.Count(o => Math.Abs(o - 0.5) < 1e-9);
        var wins = outcomes.Count(o => o - 0.5 >= 1e-9);
        return new(mean, Math.Sqrt(variance / outcomes.Count), wins, ties, outcomes.Count - wins - ties);
    }
}
