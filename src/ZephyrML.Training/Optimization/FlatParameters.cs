using TorchSharp.Modules;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// All trainable weights of a model as views into one buffer, their gradients as views into another: the optimiser and the gradient's norm
/// are then a few large operations instead of hundreds of small ones. What decays comes first, so that decay too is one stretch.
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    private readonly List<Slot> slots = [];

    /// <summary>Moves the trainable weights of a model into one buffer. They stay there when this object is disposed; the model does not notice.</summary>
    /// <exception cref="ArgumentException">The model has no trainable weights, or some that are not float32.</exception>
    public FlatParameters(IEnumerable<(string Name, Parameter Weight)> weights)
    {
        var trainable = weights.Where(w => w.Weight.requires_grad).ToList();
        if (trainable.Count == 0)
            throw new ArgumentException("The model has no trainable weights.");
        foreach (var (name, weight) in trainable)
            if (weight.dtype != ScalarType.Float32)
                throw new ArgumentException($"Training computes in float32, but {name} is {weight.dtype}; load the model as float32.");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long total = trainable.Sum(w => w.Weight.numel());
        var device = trainable[0].Weight.device;
        Values = empty(total, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        Gradients = zeros(total, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        long offset = 0;
        foreach (var (name, weight) in trainable.OrderByDescending(w => Decays(w.Name, w.Weight))) // stable: names stay in order
        {
            long length = weight.numel();
            var view = Values.narrow(0, offset, length).view(weight.shape);
            view.copy_(weight);
            weight.set_(view);
            weight.grad = Gradients.narrow(0, offset, length).view(weight.shape);
            slots.Add(new(name, weight, offset, length));
            offset += length;
            if (Decays(name, weight))
                DecayedLength = offset;
        }
    }

    /// <summary>The weights, (P).</summary>
    public Tensor Values { get; }

    /// <summary>Their gradients, (P). Backward passes add to them; whoever uses them up must zero them.</summary>
    public Tensor Gradients { get; }

    /// <summary>How much of the front decays.</summary>
    public long DecayedLength { get; }

    /// <summary>Where each weight is.</summary>
    public IReadOnlyList<Slot> Slots => slots;

    /// <summary>As transformers has it: all that is two-dimensional, embeddings and head too, but nothing that is called a bias or a norm.</summary>
    internal static bool Decays(string name, Tensor weight) =>
        weight.shape.Length >= 2 && !name.Contains("bias", StringComparison.OrdinalIgnoreCase) && !name.Contains("norm", StringComparison.OrdinalIgnoreCase);

    /// <summary>Zeroes the gradients where their norm is not finite, without waiting for it: the weights then stay numbers until somebody reads the metrics and stops. Gives the norm, or 0.</summary>
    public Tensor ZeroGradientsUnless(Tensor finiteNorm)
    {
        Gradients.masked_fill_(finiteNorm.isfinite().logical_not(), 0);
        return finiteNorm.nan_to_num(0, 0, 0);
    }

    /// <summary>Lets go of the buffers; the weights keep theirs alive as long as they need it, the gradients are gone.</summary>
    public void Dispose()
    {
        foreach (var slot in slots)
            slot.Weight.grad = null;
        Gradients.Dispose();
        Values.Dispose();
    }

    /// <summary>A weight's stretch of the buffers.</summary>
    internal readonly record struct Slot(string Name, Parameter Weight, long Offset, long Length);
}
