using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Estimates a run's memory, tells it, and says before the first step where there is too little.</summary>
internal static class TrainingMemory
{
    // What a tile of logits needs in its backward pass: the logits, their log-softmax, its gradient, and what the measures make of it.
    private const int LogitCopies = 4;

    /// <summary>Estimates, tells, and checks.</summary>
    /// <param name="stage">dSFT or dDPO.</param>
    /// <param name="model">The model as it is going to be trained.</param>
    /// <param name="options">Precision, recomputation, optimiser, the check.</param>
    /// <param name="context">Whom to tell.</param>
    /// <param name="batches">Of each micro-batch of an epoch the documents' lengths.</param>
    /// <exception cref="InsufficientMemoryException">There is too little, and the options say to refuse.</exception>
    public static MemoryEstimate Before(string stage, CausalLM model, TrainingOptions options, TrainingContext context, IEnumerable<int[]> batches)
    {
        var estimate = Estimate(model, options, batches);
        context.Memory?.Report(estimate);
        if (options.MemoryCheck == MemoryCheck.Off || (options.MemoryLimit ?? Available(model.Device)) is not { } room)
            return estimate;
        long needed = options.MemoryLimit is null ? estimate.StillToCome : estimate.Total;
        if (needed <= room)
            return estimate;
        string message = $"{stage} needs about {estimate}{(options.MemoryLimit is null ? $", of which {MemoryEstimate.Text(needed)} are still to come" : "")}, but there is {MemoryEstimate.Text(room)} of memory. {string.Join(", or ", Advice(model, options))}.";
        if (options.MemoryCheck == MemoryCheck.Refuse)
            throw new InsufficientMemoryException(message);
        context.Warn(message);
        return estimate;
    }

    /// <summary>The estimate alone.</summary>
    public static MemoryEstimate Estimate(CausalLM model, TrainingOptions options, IEnumerable<int[]> batches)
    {
        var trainable = model.TrainableWeights;
        long weights = model.QuantizedBytes + model.State.Where(s => model.Quantization is null || s.Value.shape.Length > 0).Sum(s => s.Value.numel() * Size(s.Value.dtype));
        long trained = trainable.Sum(w => w.Weight.numel()), low = trainable.Where(w => w.Weight.dtype == ScalarType.BFloat16).Sum(w => w.Weight.numel());
        int moments = options.Optimizer == OptimizerKind.AdamW ? 2 : 1;
        long activations = 0, targets = 0;
        foreach (var lengths in batches)
        {
            var (rows, width) = TokenBatch.Shape(lengths);
            activations = Math.Max(activations, Activations(model, options, rows, width));
            targets = Math.Max(targets, lengths.Sum(length => (long)length));
        }
        long tile = Math.Min(TargetLogProbabilities.TileElements, targets * model.Config.VocabSize);
        bool copy = options is DpoOptions { SyncReference: true };
        return new()
        {
            Weights = weights, Masters = 4 * low, Gradients = 4 * trained + 2 * low, Optimizer = 4 * moments * trained, Activations = activations, Logits = 4 * LogitCopies * tile,
            Copies = (copy ? model.Adapter is null ? weights : 4 * trained : 0) + (options.LoadBestModelAtEnd && options.CheckpointFolder is null ? 4 * trained : 0),
        };
    }

    /// <summary>
    /// What autograd keeps of a layer for N tokens: the input and the outputs of the norms (6 C), queries before and after the rotation and the attention's output (4 HD), the like of keys and values
    /// (5 KD), gate, up, their activation and product (4 F), and the attention's weights where they are not fused away; plus as much again for the layer that is just computed backwards.
    /// </summary>
    private static long Activations(CausalLM model, TrainingOptions options, long rows, long width)
    {
        var c = model.Config;
        long N = rows * width, size = Size(model.DataType), D = c.HeadDim;
        long layer = N * (6L * c.HiddenSize + 4 * c.NumAttentionHeads * D + 5 * c.NumKeyValueHeads * D + 4L * c.IntermediateSize);
        if (model.Device.type == DeviceType.CPU)
            layer += rows * c.NumAttentionHeads * width * width;
        long stored = options.RecomputeActivations ? N * c.HiddenSize * c.NumHiddenLayers + layer : layer * c.NumHiddenLayers;
        return size * (stored + layer + 4L * N * c.HiddenSize);
    }

    private static IEnumerable<string> Advice(CausalLM model, TrainingOptions options)
    {
        if (!options.RecomputeActivations)
            yield return $"Set {nameof(options.RecomputeActivations)}";
        if (options.BatchSize > 1)
            yield return $"halve {nameof(options.BatchSize)} ({options.BatchSize}) and double {nameof(options.AccumulationSteps)} ({options.AccumulationSteps})";
        yield return $"lower {nameof(options.MaxLength)} ({options.MaxLength})";
        if (model.Adapter is null)
            yield return "train a LoRA adapter instead of all weights";
        if (options is DpoOptions { SyncReference: true })
            yield return $"do without {nameof(DpoOptions.SyncReference)}";
    }

    /// <summary>What the machine, or the container, still has; null where it cannot be told, as on a GPU.</summary>
    private static long? Available(Device device)
    {
        if (device.type != DeviceType.CPU)
            return null;
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);             // the numbers are those of the last collection
        var info = GC.GetGCMemoryInfo();
        return info.TotalAvailableMemoryBytes > 0 ? Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes) : null;
    }

    private static long Size(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.BFloat16 or ScalarType.Float16 or ScalarType.Int16 => 2,
        _ => 1,
    };
}
