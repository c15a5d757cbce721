namespace ZephyrML.Training;

/// <summary>
/// Losses on a pair's log-ratios. Notation: c = log π(chosen) − log π_ref(chosen), r likewise for rejected, d = c − r, σ the logistic function,
/// s = <see cref="DpoOptions.LabelSmoothing"/>, |y| = completion tokens. All but <see cref="Ipo"/>, <see cref="SigmoidNorm"/> and <see cref="Sft"/> use sums over a completion's tokens.
/// </summary>
public enum DpoLoss
{
    /// <summary>−log σ(βd): DPO itself (Rafailov et al. 2023; the Zephyr paper, equation 1).</summary>
    Sigmoid,
    /// <summary>−(1−s)·log σ(βd) − s·log σ(−βd): DPO with label smoothing (cDPO, Mitchell 2023).</summary>
    Cdpo,
    /// <summary>max(0, 1 − βd) (SLiC).</summary>
    Hinge,
    /// <summary>(c/|y_c| − r/|y_r| − 1/(2β))² (Azar et al. 2023), averaged over tokens as TRL does.</summary>
    Ipo,
    /// <summary>Reverse Kullback-Leibler divergence to the smoothed label (Ji et al. 2024); needs s &gt; 0.</summary>
    ExoPair,
    /// <summary>−log σ(βc) − ½·log σ(−βc) − ½·log σ(−βr) (Chen et al. 2024).</summary>
    NcaPair,
    /// <summary>(−(1−s)·log σ(βd) + s·log σ(−βd)) / (1−2s) (Chowdhury et al. 2024).</summary>
    Robust,
    /// <summary>−log σ(βc) − log σ(−βr) (Jung et al. 2024).</summary>
    BcoPair,
    /// <summary>(c − 1/(2β))² + (r + 1/(2β))² (Wu et al. 2024).</summary>
    SppoHard,
    /// <summary>Policy and reference differences, each sorted over the micro-batch (Melnyk et al. 2024).</summary>
    Aot,
    /// <summary>Chosen and rejected log-ratios, each sorted over the micro-batch (Melnyk et al. 2024).</summary>
    AotUnpaired,
    /// <summary>1 − σ(βc) + σ(βr) (D'Oosterlinck et al. 2024).</summary>
    ApoZero,
    /// <summary>σ(βc) + 1 − σ(βd) (D'Oosterlinck et al. 2024).</summary>
    ApoDown,
    /// <summary>The logistic and the exponential loss, mixed by σ(βd/τ) (Lu et al. 2024).</summary>
    Discopop,
    /// <summary>Mean cross-entropy of the micro-batch's chosen completions; one term of MPO.</summary>
    Sft,
    /// <summary>−log σ(β(c/|y_c| − r/|y_r|)): averaged over tokens.</summary>
    SigmoidNorm,
}
