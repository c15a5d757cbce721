using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace ZephyrML.Training;

/// <summary>The DPO family as pure functions of log-probabilities; formulas stand at <see cref="DpoLoss"/>.</summary>
internal static class DpoLosses
{
    /// <summary>The loss of a micro-batch and the pairs' rewards.</summary>
    /// <param name="pairs">Log-probabilities of B pairs.</param>
    /// <param name="options">β, the losses and their weights.</param>
    /// <returns>Loss: Σ weight · mean over pairs, a scalar. Rewards: β·(policy − reference), (B), without gradient.</returns>
    public static (Tensor Loss, Tensor ChosenRewards, Tensor RejectedRewards) Compute(in PairTensors pairs, DpoOptions options)
    {
        Tensor? loss = null;
        for (int i = 0; i < options.Losses.Count; i++)
        {
            double weight = options.LossWeights?[i] ?? 1;
            var each = options.Losses[i] == DpoLoss.Sft
                ? pairs.ChosenCrossEntropy ?? pairs.PolicyChosen.sum().neg() / pairs.ChosenLengths.sum()
                : PerPair(options.Losses[i], pairs, options);
            var term = (pairs.Weights is null ? each : each * pairs.Weights).mean();
            if (weight != 1)
                term = term * weight;
            loss = loss is null ? term : loss + term;
        }
        return (loss!, (pairs.PolicyChosen.detach() - pairs.ReferenceChosen) * options.Beta, (pairs.PolicyRejected.detach() - pairs.ReferenceRejected) * options.Beta);
    }

    /// <summary>The loss of each pair, (B); for <see cref="DpoLoss.Aot"/> and <see cref="DpoLoss.AotUnpaired"/> of each rank.</summary>
    public static Tensor PerPair(DpoLoss loss, in PairTensors pairs, DpoOptions options)
    {
        double β = options.Beta, s = options.LabelSmoothing;
        Tensor c = pairs.PolicyChosen - pairs.ReferenceChosen, r = pairs.PolicyRejected - pairs.ReferenceRejected;
        Tensor cScore = Score(c, options), rScore = Score(r, options), d = cScore - rScore;
        return loss switch
        {
            DpoLoss.Sigmoid => logsigmoid(d * β).neg(),
            DpoLoss.Cdpo => Smoothed(d * β, s),
            DpoLoss.Hinge => relu(1 - d * β),
            DpoLoss.Ipo => (cScore / pairs.ChosenLengths - rScore / pairs.RejectedLengths - 1 / (2 * β)).square(),
            DpoLoss.ExoPair => (d * β).sigmoid() * (logsigmoid(d * β) - Math.Log(1 - s)) + (d * -β).sigmoid() * (logsigmoid(d * -β) - Math.Log(s)),
            DpoLoss.NcaPair => logsigmoid(c * β).neg() - 0.5 * logsigmoid(c * -β) - 0.5 * logsigmoid(r * -β),
            DpoLoss.Robust => (logsigmoid(d * β) * -(1 - s) + logsigmoid(d * -β) * s) / (1 - 2 * s),
            DpoLoss.BcoPair => logsigmoid(c * β).neg() - logsigmoid(r * -β),
            DpoLoss.SppoHard => (c - 0.5 / β).square() + (r + 0.5 / β).square(),
            DpoLoss.Aot => Smoothed((Sorted(pairs.PolicyChosen - pairs.PolicyRejected) - Sorted(pairs.ReferenceChosen - pairs.ReferenceRejected)) * β, s),
            DpoLoss.AotUnpaired => Smoothed((Sorted(c) - Sorted(r)) * β, s),
            DpoLoss.ApoZero => 1 - (c * β).sigmoid() + (r * β).sigmoid(),
            DpoLoss.ApoDown => (c * β).sigmoid() + 1 - (d * β).sigmoid(),
            DpoLoss.Discopop => Discopop(d * β, options.DiscopopTau),
            DpoLoss.Sft => pairs.PolicyChosen.neg() / pairs.ChosenLengths,
            DpoLoss.SigmoidNorm => logsigmoid((cScore / pairs.ChosenLengths - rScore / pairs.RejectedLengths) * β).neg(),
            _ => throw new ArgumentOutOfRangeException(nameof(loss), loss, "no such loss"),
        };
    }

    /// <summary>What a divergence makes of a log-ratio: f' of the ratio, 0 where policy and reference agree. The constants cancel in a difference, not in a difference of means per token.</summary>
    private static Tensor Score(Tensor x, DpoOptions options)
    {
        double α = options.AlphaDivergenceCoefficient;
        return options.Divergence switch
        {
            Divergence.ForwardKl => 1 - x.neg().exp(),
            Divergence.JensenShannon => logsigmoid(x) + Math.Log(2),
            Divergence.Alpha when Math.Abs(α - 1) >= 1e-6 => ((x * (α - 1)).clamp(max: 80).exp() - 1) * (1 / (α - 1)),
            _ => x,
        };
    }

    private static Tensor Smoothed(Tensor x, double s) =>
        s == 0 ? logsigmoid(x).neg() : logsigmoid(x) * -(1 - s) - logsigmoid(x.neg()) * s;

    private static Tensor Sorted(Tensor x) => x.sort(0).Item1;

    private static Tensor Discopop(Tensor x, double τ)
    {
        var m = (x / τ).sigmoid();
        return logsigmoid(x).neg() * (1 - m) + x.neg().exp() * m;
    }
}
