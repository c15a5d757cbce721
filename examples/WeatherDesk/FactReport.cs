namespace WeatherDesk;

/// <summary>What a reply states of what was asked, and what it gets wrong.</summary>
/// <param name="Asked">How many facts the question asks for.</param>
/// <param name="Stated">How many of them the reply states correctly.</param>
/// <param name="Contradictions">The claims that the forecast contradicts.</param>
public sealed record FactReport(int Asked, int Stated, IReadOnlyList<Claim> Contradictions)
{
    /// <summary>Everything that was asked for is stated, and nothing is wrong.</summary>
    public bool IsCorrect => Stated == Asked && Contradictions.Count == 0;
}
