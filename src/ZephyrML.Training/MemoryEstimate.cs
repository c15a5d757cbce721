using System.Globalization;

namespace ZephyrML.Training;

/// <summary>What memory a run is going to need where the model computes, in bytes, as far as it can be told beforehand. Told before the first step; see <see cref="TrainingOptions.MemoryCheck"/>.</summary>
public sealed record MemoryEstimate
{
    /// <summary>The model's weights, as they are computed with.</summary>
    public required long Weights { get; init; }

    /// <summary>Float32 masters of bfloat16 weights.</summary>
    public required long Masters { get; init; }

    /// <summary>Gradients of the trained weights.</summary>
    public required long Gradients { get; init; }

    /// <summary>The optimiser's moments.</summary>
    public required long Optimizer { get; init; }

    /// <summary>What the backward pass of the largest micro-batch needs of the layers, and what is computed beside it.</summary>
    public required long Activations { get; init; }

    /// <summary>Logits: one tile of them, with its gradient.</summary>
    public required long Logits { get; init; }

    /// <summary>A frozen copy as the reference, a copy of the best weights.</summary>
    public required long Copies { get; init; }

    /// <summary>All of it.</summary>
    public long Total => Weights + Masters + Gradients + Optimizer + Activations + Logits + Copies;

    /// <summary>What is still to come where the weights are in memory already.</summary>
    public long StillToCome => Total - Weights;

    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        var parts = new[] { ("weights", Weights), ("masters", Masters), ("gradients", Gradients), ("optimiser", Optimizer), ("activations", Activations), ("logits", Logits), ("copies", Copies) };
        return $"{Text(Total)} ({string.Join(", ", parts.Where(p => p.Item2 > 0).Select(p => $"{p.Item1} {Text(p.Item2)}"))})";
    }

    internal static string Text(long bytes) => bytes >= 1L << 30 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0} MiB");
}
