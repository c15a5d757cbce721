namespace WeatherDesk;

/// <summary>A share of wins with its 95% interval.</summary>
/// <param name="Value">Wins over comparisons; a tie is half a win.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Wins">How many were won.</param>
/// <param name="Ties">How many were tied.</param>
/// <param name="Losses">How many were lost.</param>
public sealed record WinRate(double Value, double Low, double High, int Wins, int Ties, int Losses)
{
    /// <summary>From outcomes of 1, 0.5 and 0: the mean, and 1.96 standard errors of the mean to either side, within 0 and 1.</summary>
    public static WinRate Of(IReadOnlyCollection<double> outcomes)
    {
        if (outcomes.Count == 0)
            throw new ArgumentException("A win rate needs at least one comparison.", nameof(outcomes));
        var mean = outcomes.Average();
        var variance = outcomes.Count > 1 ? outcomes.Sum(o => (o - mean) * (o - mean)) / (outcomes.Count - 1) : 0;
        var half = 1.96 * Math.Sqrt(variance / outcomes.Count);
        return new(mean, Math.Max(0, mean - half), Math.Min(1, mean + half), outcomes.Count(o => o > 0.5), outcomes.Count(o => Math.Abs(o - 0.5) < 1e-9), outcomes.Count(o => o < 0.5));
    }
}
