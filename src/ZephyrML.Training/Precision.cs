namespace ZephyrML.Training;

/// <summary>In what numbers a model computes while it is trained. Losses, norms, the optimiser's moments and the sums of gradients are float32 in any case.</summary>
public enum Precision
{
    /// <summary>Weights and activations in float32; 16 bytes a trained weight with AdamW. The choice for CPUs.</summary>
    Float32,

    /// <summary>
    /// Weights and activations in bfloat16, beside float32 masters of the trained weights that the optimiser moves; 20 bytes a trained weight with AdamW, but half the memory for activations, and several times the
    /// speed on GPUs with tensor cores. The model must be loaded as bfloat16.
    /// </summary>
    BFloat16,
}
