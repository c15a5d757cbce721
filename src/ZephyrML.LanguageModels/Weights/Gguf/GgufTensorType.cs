namespace ZephyrML.LanguageModels;

/// <summary>How a GGUF file stores a tensor's numbers; the values are the format's own.</summary>
public enum GgufTensorType
{
    /// <summary>32-bit floating point.</summary>
    F32 = 0,
    /// <summary>16-bit floating point.</summary>
    F16 = 1,
    /// <summary>Blocks of 32: a scale in half precision, then 4-bit codes around 8.</summary>
    Q4_0 = 2,
    /// <summary>Blocks of 32: scale and minimum in half precision, then 4-bit codes.</summary>
    Q4_1 = 3,
    /// <summary>Blocks of 32: a scale in half precision, then 5-bit codes around 16.</summary>
    Q5_0 = 6,
    /// <summary>Blocks of 32: scale and minimum in half precision, then 5-bit codes.</summary>
    Q5_1 = 7,
    /// <summary>Blocks of 32: a scale in half precision, then 8-bit codes.</summary>
    Q8_0 = 8,
    /// <summary>Blocks of 256 in 16 parts with 4-bit scales and minima: 2-bit codes.</summary>
    Q2_K = 10,
    /// <summary>Blocks of 256 in 16 parts with 6-bit scales: 3-bit codes.</summary>
    Q3_K = 11,
    /// <summary>Blocks of 256 in 8 parts with 6-bit scales and minima: 4-bit codes.</summary>
    Q4_K = 12,
    /// <summary>Blocks of 256 in 8 parts with 6-bit scales and minima: 5-bit codes.</summary>
    Q5_K = 13,
    /// <summary>Blocks of 256 in 16 parts with 8-bit scales: 6-bit codes.</summary>
    Q6_K = 14,
    /// <summary>The upper half of 32-bit floating point.</summary>
    BF16 = 30,
}
