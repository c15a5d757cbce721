namespace WeatherDesk;

/// <summary>How good a reply is.</summary>
/// <param name="Facts">What it states and what it gets wrong.</param>
/// <param name="IsSentence">It holds a whole sentence.</param>
/// <param name="NamesSubject">It says which day, or week, it speaks of.</param>
/// <param name="HasAdvice">It gives advice that fits the weather.</param>
/// <param name="Padding">0: every sentence serves the question; 1: hopeless.</param>
public sealed record ReplyScore(FactReport Facts, bool IsSentence, bool NamesSubject, bool HasAdvice, double Padding)
{
    /// <summary>0 to 1. Facts come first: whatever is wrong or incomplete scores below 0.3, whatever is right above 0.35; style decides among the right ones.</summary>
    public double Value => Facts.IsCorrect
        ? 0.6 + (IsSentence ? 0.1 : 0) + (NamesSubject ? 0.1 : 0) + (HasAdvice ? 0.2 : 0) - 0.25 * Padding
        : (Facts.Contradictions.Count > 0 ? 0.1 : 0.25) * Facts.Stated / Facts.Asked + (IsSentence ? 0.02 : 0) - 0.02 * Padding;
}
