namespace ZephyrML.LanguageModels;

/// <summary>How activations are normalised.</summary>
public enum NormKind
{
    /// <summary>RMSNorm.</summary>
    Rms,
    /// <summary>RMSNorm whose stored weight is the difference from 1.</summary>
    RmsFromOne,
    /// <summary>LayerNorm with weight and bias.</summary>
    Layer,
}
