namespace ZephyrML.Training;

/// <summary>How well a model foretells given tokens.</summary>
/// <param name="Rows">Rows that count: those with a supervised token within the length.</param>
/// <param name="Tokens">Supervised tokens.</param>
/// <param name="Loss">Mean cross-entropy of a token, in nats.</param>
/// <param name="MeanTokenAccuracy">Share of tokens that the model finds most probable.</param>
/// <param name="RowLosses">Each used row's mean cross-entropy, in order; NaN for rows that do not count.</param>
public sealed record CrossEntropyEvaluation(int Rows, long Tokens, double Loss, double MeanTokenAccuracy, IReadOnlyList<double> RowLosses)
{
    /// <summary>exp of the loss: among how many equally probable tokens the model seems to choose.</summary>
    public double Perplexity => Math.Exp(Loss);
}
