namespace ZephyrML.LanguageModels;

/// <summary>How a GGUF file is to hold a model's matrices. Norms, biases and learned positions are float32 in each of them, as llama.cpp has it.</summary>
public enum GgufType
{
    /// <summary>16-bit floating point. Numbers beyond ±65,504 become infinite; models trained in bfloat16 are safer as <see cref="BF16"/>.</summary>
    F16,
    /// <summary>The upper half of 32-bit floating point.</summary>
    BF16,
    /// <summary>Blocks of 32 eight-bit codes with a scale in half precision, 8.5 bits a number. A matrix whose rows are no multiple of 32 is stored as <see cref="F16"/>.</summary>
    Q8_0,
}
