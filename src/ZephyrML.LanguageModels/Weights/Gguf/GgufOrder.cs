using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>In which order, or as what, a GGUF file holds a weight's numbers.</summary>
internal enum GgufOrder
{
    /// <summary>As Hugging Face does.</summary>
    Same,
    /// <summary>The two halves of each head's rotary pairs interleaved: row (head, half, j) stands at (head, j, half).</summary>
    Pairs,
    /// <summary>All queries, all keys, all values, where Hugging Face has query, key and value of each head in turn.</summary>
    Parts,
    /// <summary>(out, in), where Hugging Face has (in, out).</summary>
    Transposed,
    /// <summary>The whole factor of a norm, where Hugging Face has its difference from 1.</summary>
    PlusOne,
}

/// <summary>From one order to the other.</summary>
internal static class GgufOrders
{
    /// <summary>A weight as the file holds it. <see cref="GgufOrder.PlusOne"/> gives float32; the others keep the type.</summary>
    public static Tensor ToFile(this GgufOrder order, Tensor w, ModelConfig c) => order switch
    {
        GgufOrder.Pairs => w.reshape([-1, 2, c.HeadDim / 2, .. w.shape[1..]]).transpose(1, 2).reshape(w.shape),
        GgufOrder.Parts => w.reshape([c.NumAttentionHeads, 3, c.HeadDim, .. w.shape[1..]]).transpose(0, 1).reshape(w.shape),
        GgufOrder.Transposed => w.t().contiguous(),
        GgufOrder.PlusOne => w.to(ScalarType.Float32) + 1,
        _ => w,
    };

    /// <summary>What the file holds, as a weight.</summary>
    public static Tensor FromFile(this GgufOrder order, Tensor f, ModelConfig c) => order switch
    {
        GgufOrder.Pairs => f.reshape([-1, c.HeadDim / 2, 2, .. f.shape[1..]]).transpose(1, 2).reshape(f.shape),
        GgufOrder.Parts => f.reshape([3, c.NumAttentionHeads, c.HeadDim, .. f.shape[1..]]).transpose(0, 1).reshape(f.shape),
        GgufOrder.Transposed => f.t(),
        GgufOrder.PlusOne => f - 1,
        _ => f,
    };

    /// <summary>The shape in the file.</summary>
    public static IReadOnlyList<long> Shape(this GgufOrder order, IReadOnlyList<long> shape) => order == GgufOrder.Transposed ? [.. shape.Reverse()] : shape;
}
