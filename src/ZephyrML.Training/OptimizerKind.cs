namespace ZephyrML.Training;

/// <summary>The rule by which gradients become steps.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW (Loshchilov and Hutter 2019): two moments, decoupled weight decay.</summary>
    AdamW,

    /// <summary>Lion (Chen et al. 2023, algorithm 2): the sign of one moment, so a third less memory. Its rate should be 3 to 10 times smaller than AdamW's, <see cref="TrainingOptions.AdamBeta2"/> 0.99.</summary>
    Lion,

    /// <summary>RMSprop as torch has it: the zephyr-7b recipes' first generation of dDPO used it. Its weight decay is added to the gradient.</summary>
    RmsProp,
}
