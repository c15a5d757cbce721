namespace ZephyrML.LanguageModels;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">Its name in the file, such as <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Shape">Its shape as PyTorch has it: rows first.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Offset">Where its bytes begin, counted from the beginning of the file.</param>
public sealed record GgufTensor(string Name, IReadOnlyList<long> Shape, GgufTensorType Type, long Offset);
