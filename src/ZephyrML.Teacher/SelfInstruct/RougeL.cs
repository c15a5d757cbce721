namespace ZephyrML.Teacher;

/// <summary>ROUGE-L of a prediction against a target (Lin 2004, the sentence level), equal to rouge_score's rougeL without stemming.</summary>
/// <param name="Precision">Longest common subsequence over the prediction's tokens.</param>
/// <param name="Recall">Longest common subsequence over the target's tokens.</param>
/// <param name="FMeasure">Their harmonic mean; 0 where there is nothing in common.</param>
public readonly record struct RougeL(double Precision, double Recall, double FMeasure)
{
    /// <summary>Scores a prediction.</summary>
    public static RougeL Score(string target, string prediction)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(prediction);
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] Ids(string text) => [.. RougeTokenizer.Tokenize(text).Select(w => words.TryGetValue(w, out var id) ? id : words[w] = words.Count)];
        var (t, p) = (Ids(target), Ids(prediction));
        return Of(LongestCommonSubsequence.Length(t, p), t.Length, p.Length);
    }

    internal static RougeL Of(int common, int target, int prediction)
    {
        if (common == 0)
            return default;
        var (precision, recall) = ((double)common / prediction, (double)common / target);
        return new(precision, recall, 2 * precision * recall / (precision + recall));
    }
}
