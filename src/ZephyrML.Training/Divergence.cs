namespace ZephyrML.Training;

/// <summary>
/// The f-divergence that holds the policy to the reference (Wang et al. 2023, arXiv 2309.16240), as the score of a log-ratio x = log π − log π_ref that a loss takes in its place. Only for the losses on differences of scores:
/// <see cref="DpoLoss.Sigmoid"/>, <see cref="DpoLoss.Cdpo"/>, <see cref="DpoLoss.SigmoidNorm"/>, <see cref="DpoLoss.Hinge"/>, <see cref="DpoLoss.Ipo"/>, <see cref="DpoLoss.ExoPair"/>, <see cref="DpoLoss.Robust"/>,
/// <see cref="DpoLoss.Discopop"/>, and <see cref="DpoLoss.Sft"/>, which has no ratio.
/// </summary>
public enum Divergence
{
    /// <summary>x: DPO as published.</summary>
    ReverseKl,

    /// <summary>1 − exp(−x).</summary>
    ForwardKl,

    /// <summary>log 2 + log σ(x).</summary>
    JensenShannon,

    /// <summary>(exp((α−1)·x) − 1)/(α−1), the exponent at most 80; α = <see cref="DpoOptions.AlphaDivergenceCoefficient"/>, 1 being reverse Kullback-Leibler.</summary>
    Alpha,
}
