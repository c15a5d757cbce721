using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>From a batch's log-probabilities of targets to dDPO's loss and metrics.</summary>
internal static class PairMeasures
{
    /// <summary>TRL's names, in the order of <see cref="Of"/>.</summary>
    public static readonly string[] Names =
        ["loss", "rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected", "logits/chosen", "logits/rejected", "entropy", "mean_token_accuracy", "logps/accuracies"];

    /// <summary>The loss, a scalar, and the metrics, without gradient.</summary>
    /// <param name="logps">Of the batch's targets under the policy.</param>
    /// <param name="batch">B pairs: chosen sides first.</param>
    /// <param name="pairs">The used rows it was made of.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="options">The losses.</param>
    public static (Tensor Loss, Tensor Metrics) Of(TargetLogProbabilities logps, TokenBatch batch, int[] pairs, DpoReference reference, DpoOptions options)
    {
        int B = pairs.Length, chosenTargets = batch.TargetsPerDocument.Take(B).Sum();
        Tensor Chosen(Tensor perTarget) => perTarget.narrow(0, 0, chosenTargets);
        Tensor Rejected(Tensor perTarget) => perTarget.narrow(0, chosenTargets, batch.TargetCount - chosenTargets);
        var sums = CompletionSums(batch, logps.Values, options);                                                // (2B)
        var lengths = Floats(batch.CompletionLengths, batch);                                                   // (2B)
        var (referenceChosen, referenceRejected) = reference.Of(batch, pairs);
        var tensors = new PairTensors(sums.narrow(0, 0, B), sums.narrow(0, B, B), referenceChosen, referenceRejected, lengths.narrow(0, 0, B), lengths.narrow(0, B, B))
        {
            ChosenCrossEntropy = options.Losses.Contains(DpoLoss.Sft) ? Chosen(logps.Values).mean().neg() : null,
            Weights = options.UseWeighting ? Weights(logps, batch, B) : null,
        };
        var (loss, chosen, rejected) = DpoLosses.Compute(tensors, options);
        using var noGrad = no_grad();
        return (loss, stack([loss.detach(), chosen.mean(), rejected.mean(), chosen.gt(rejected).to(ScalarType.Float32).mean(), (chosen - rejected).mean(),
            tensors.PolicyChosen.detach().mean(), tensors.PolicyRejected.detach().mean(), Chosen(logps.MeanLogit).mean(), Rejected(logps.MeanLogit).mean(), logps.Entropy.mean(), Chosen(logps.Correct).mean(),
            tensors.PolicyChosen.detach().gt(tensors.PolicyRejected.detach()).to(ScalarType.Float32).mean()]));         // ours: says something before the first step too
    }

    /// <summary>
    /// log π of each completion, (2B): the sum over its tokens. With LD-DPO (Liu et al. 2024, arXiv 2409.06411) the tokens beyond the shorter one's length count <see cref="DpoOptions.LdAlpha"/>.
    /// </summary>
    public static Tensor CompletionSums(TokenBatch batch, Tensor values, DpoOptions options)
    {
        if (options.LdAlpha is not { } α || α == 1)
            return batch.SumByDocument(values);
        var targets = batch.TargetsPerDocument;
        int B = targets.Count / 2;
        var weights = targets.SelectMany((count, document) => Enumerable.Range(0, count).Select(i => i < Math.Min(targets[document % B], targets[document % B + B]) ? 1 : (float)α));
        return batch.SumByDocument(values * tensor(weights.ToArray(), [batch.TargetCount]).to(batch.Ids.device));
    }

    /// <summary>WPO (Zhou et al. 2024, arXiv 2406.11827): w(chosen)·w(rejected), (B), w = exp(mean over tokens of log p − log Σ p²); no gradient.</summary>
    private static Tensor Weights(TargetLogProbabilities logps, TokenBatch batch, int B)
    {
        using var noGrad = no_grad();
        var means = batch.SumByDocument(logps.Values.detach() - logps.LogSumSquares!) / Floats(batch.TargetsPerDocument, batch);
        return (means.narrow(0, 0, B) + means.narrow(0, B, B)).exp();
    }

    private static Tensor Floats(IReadOnlyList<int> numbers, TokenBatch batch) => tensor(numbers.Select(n => (float)n).ToArray(), [numbers.Count]).to(batch.Ids.device);
}
