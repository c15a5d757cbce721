namespace ZephyrML.Training;

/// <summary>dSFT's loss of a supervised token of probability p; means are over all supervised tokens of the optimiser step.</summary>
public enum SftLoss
{
    /// <summary>−log p: cross-entropy.</summary>
    NegativeLogLikelihood,

    /// <summary>−p·log p, p without gradient: dynamic fine-tuning (DFT, Wu et al. 2025, arXiv 2508.05629), which leaves improbable tokens alone.</summary>
    DynamicFineTuning,
}
