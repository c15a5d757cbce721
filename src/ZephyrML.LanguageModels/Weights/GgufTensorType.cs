namespace ZephyrML.LanguageModels;

/// <summary>How a GGUF file stores a tensor's numbers; the values are the format's own.</summary>
public enum GgufTensorType
{
    /// <summary>32-bit floating point.</summary>
    F32 = 0,
    /// <summary>16-bit floating point.</summary>
    F16 = 1,
    /// <summary>Blocks of 32: scale and minimum in half precision, then 4-bit codes.</summary>
    Q4_1 = 3,
    /// <summary>Blocks of 32: a scale in half precision, then 8-bit codes.</summary>
    Q8_0 = 8,
    /// <summary>The upper half of 32-bit floating point.</summary>
    BF16 = 30,
}
