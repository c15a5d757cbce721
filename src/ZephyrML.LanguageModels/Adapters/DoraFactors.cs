using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>DoRA's factors m / ‖W + s·BA‖, kept while weights do not change: generation would else compute them anew for each token, which costs more than the token.</summary>
internal sealed class DoraFactors : IDisposable
{
    [ThreadStatic] private static DoraFactors? s_current;
    private readonly Dictionary<object, Tensor> _kept = new(ReferenceEqualityComparer.Instance);

    /// <summary>A layer's factor: the kept one where this thread is within <see cref="Use"/>, else a new one.</summary>
    public static Tensor Of(object layer, Func<Tensor> compute)
    {
        if (s_current is not { } factors || is_grad_enabled()) return compute();
        if (!factors._kept.TryGetValue(layer, out var factor)) factors._kept[layer] = factor = compute().DetachFromDisposeScope();
        return factor;
    }

    /// <summary>Until the result is disposed this thread keeps factors here.</summary>
    public IDisposable Use()
    {
        var before = s_current;
        s_current = this;
        return new Scope(before);
    }

    public void Dispose()
    {
        foreach (var factor in _kept.Values) factor.Dispose();
        _kept.Clear();
    }

    private sealed class Scope(DoraFactors? before) : IDisposable
    {
        public void Dispose() => s_current = before;
    }
}
