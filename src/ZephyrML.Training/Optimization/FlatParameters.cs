using TorchSharp.Modules;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// All trainable weights of a model in one buffer, their gradients in another: the optimiser and the gradient's norm are then a few large operations instead of hundreds of small ones. What
/// decays comes first, so that decay too is one stretch.
/// </summary>
/// <remarks>
/// Float32 weights are views into these buffers. BFloat16 weights are views into a buffer of their own, and so are their gradients; the buffers here then are float32 masters of them: rates and
/// gradients much smaller than a weight's last bit still add up (Micikevicius et al. 2018, arXiv 1710.03740, section 3.1).
/// </remarks>
internal sealed class FlatParameters : IDisposable
{
    private readonly List<Slot> slots = [];
    private readonly List<(long Offset, long LowOffset, long Length)> lowStretches = [];
    private readonly Tensor? low, lowGradients;

    /// <summary>Moves the trainable weights of a model into buffers. They stay there when this object is disposed; the model does not notice.</summary>
    /// <exception cref="ArgumentException">The model has no trainable weights, or some that are neither float32 nor bfloat16.</exception>
    public FlatParameters(IEnumerable<(string Name, Parameter Weight)> weights)
    {
        var trainable = weights.Where(w => w.Weight.requires_grad).ToList();
        if (trainable.Count == 0)
            throw new ArgumentException("The model has no trainable weights.");
        foreach (var (name, weight) in trainable)
            if (weight.dtype is not (ScalarType.Float32 or ScalarType.BFloat16))
                throw new ArgumentException($"Trained weights are float32 or bfloat16, but {name} is {weight.dtype}; load the model as one of these.");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var device = trainable[0].Weight.device;
        Tensor Buffer(long length, ScalarType type) => zeros(length, dtype: type, device: device).DetachFromDisposeScope();
        long total = trainable.Sum(w => w.Weight.numel()), lowTotal = trainable.Where(w => IsLow(w.Weight)).Sum(w => w.Weight.numel());
        (Values, Gradients) = (Buffer(total, ScalarType.Float32), Buffer(total, ScalarType.Float32));
        if (lowTotal > 0)
            (low, lowGradients) = (Buffer(lowTotal, ScalarType.BFloat16), Buffer(lowTotal, ScalarType.BFloat16));
        long offset = 0, lowOffset = 0;
        foreach (var (name, weight) in trainable.OrderByDescending(w => Decays(w.Name, w.Weight)).ThenBy(w => IsLow(w.Weight))) // stable: names stay in order
        {
            long length = weight.numel();
            bool isLow = IsLow(weight);
            Tensor Place(Tensor full, Tensor? half) => (isLow ? half!.narrow(0, lowOffset, length) : full.narrow(0, offset, length)).view(weight.shape);
            Values.narrow(0, offset, length).copy_(weight.reshape(-1));
            var view = Place(Values, low);
            view.copy_(weight);
            weight.set_(view);
            weight.grad = Place(Gradients, lowGradients);
            slots.Add(new(name, weight, offset, length));
            if (isLow)
            {
                if (lowStretches.Count > 0 && lowStretches[^1] is var (at, lowAt, done) && at + done == offset)
                    lowStretches[^1] = (at, lowAt, done + length);
                else
                    lowStretches.Add((offset, lowOffset, length));
                lowOffset += length;
            }
            offset += length;
            if (Decays(name, weight))
                DecayedLength = offset;
        }
    }

    /// <summary>The weights, or their masters, (P), float32.</summary>
    public Tensor Values { get; }

    /// <summary>Their gradients, (P), float32. Backward passes add to them, by way of <see cref="Collect"/>; whoever uses them up must zero them.</summary>
    public Tensor Gradients { get; }

    /// <summary>How much of the front decays.</summary>
    public long DecayedLength { get; }

    /// <summary>Where each weight is.</summary>
    public IReadOnlyList<Slot> Slots => slots;

    /// <summary>Whether some weights are bfloat16, so that <see cref="Values"/> holds what they were rounded from.</summary>
    public bool HasMasters => low is not null;

    /// <summary>As transformers has it: all that is two-dimensional, embeddings and head too, but nothing that is called a bias or a norm.</summary>
    internal static bool Decays(string name, Tensor weight) =>
        weight.shape.Length >= 2 && !name.Contains("bias", StringComparison.OrdinalIgnoreCase) && !name.Contains("norm", StringComparison.OrdinalIgnoreCase);

    /// <summary>Zeroes the gradients where their norm is not finite, without waiting for it: the weights then stay numbers until somebody reads the metrics and stops. Gives the norm, or 0.</summary>
    public Tensor ZeroGradientsUnless(Tensor finiteNorm)
    {
        Gradients.masked_fill_(finiteNorm.isfinite().logical_not(), 0);
        return finiteNorm.nan_to_num(0, 0, 0);
    }

    /// <summary>To be called after each micro-batch's backward pass: adds what bfloat16 weights got to the float32 sum over the micro-batches.</summary>
    public void Collect()
    {
        if (lowGradients is null)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (offset, lowOffset, length) in lowStretches)
            Gradients.narrow(0, offset, length).add_(lowGradients.narrow(0, lowOffset, length));
        lowGradients.zero_();
    }

    /// <summary>To be called after <see cref="Values"/> changed: bfloat16 weights are rounded anew.</summary>
    public void Publish()
    {
        if (low is null)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (offset, lowOffset, length) in lowStretches)
            low.narrow(0, lowOffset, length).copy_(Values.narrow(0, offset, length));
    }

    /// <summary>Lets go of the buffers; the weights keep theirs alive as long as they need it, the gradients are gone.</summary>
    public void Dispose()
    {
        foreach (var slot in slots)
            slot.Weight.grad = null;
        Gradients.Dispose();
        Values.Dispose();
        lowGradients?.Dispose();
        low?.Dispose();
    }

    private static bool IsLow(Tensor weight) => weight.dtype == ScalarType.BFloat16;

    /// <summary>A weight's stretch of the buffers.</summary>
    internal readonly record struct Slot(string Name, Parameter Weight, long Offset, long Length);
}
