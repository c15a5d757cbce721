using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// One pass through the layers with gradients, in two halves: the hidden states, and later what their gradient means for the weights. Its tensors belong to the dispose scope that it was made in. Made by
/// <see cref="CausalLM.HiddenForTraining"/>.
/// </summary>
/// <remarks>
/// Either everything that the backward half needs is stored, or only the input of each layer, and the backward half computes one layer after the other again (Chen et al. 2016, arXiv 1604.06174):
/// the gradients are the same to the last bit, a third more is computed, and the memory is that of one layer and one state for each.
/// </remarks>
public sealed class TrainingPass
{
    private readonly DecoderStack _stack;
    private readonly ForwardPass _pass;
    private readonly Tensor _embedded;
    private readonly List<Tensor> _inputs = [];
    private readonly Tensor? _top;

    internal TrainingPass(DecoderStack stack, Tensor ids, ForwardPass pass, bool recompute, Tensor? noise)
    {
        (_stack, _pass) = (stack, pass);
        _embedded = stack.Embed(ids, pass);
        if (noise is not null) _embedded = _embedded + noise.to(_embedded.dtype);
        if (!recompute)
        {
            _top = _embedded;
            for (int i = 0; i < stack.Depth; i++) _top = stack.Layer(i, _top, pass);
            _top = stack.Norm(_top);
            Hidden = _top.detach();
        }
        else
        {
            using var noGrad = no_grad();
            using var same = FewRows.Without();
            _inputs.Add(_embedded.detach());
            for (int i = 0; i < stack.Depth; i++) _inputs.Add(stack.Layer(i, _inputs[i], pass));
            Hidden = stack.Norm(_inputs[^1]);
        }
        Hidden.requires_grad = true;
    }

    /// <summary>(B, T, C) hidden states after the final norm: a leaf, whose gradient a loss's backward() sets.</summary>
    public Tensor Hidden { get; }

    /// <summary>Carries the gradient of <see cref="Hidden"/> into the weights' gradients; to be called once, where they are trained.</summary>
    public void Backward()
    {
        if (Hidden.grad is not { } gradient) return;                                // nothing hung on it
        if (_top is not null)
        {
            if (_top.requires_grad) _top.backward([gradient]);
            return;
        }
        var down = Again(_stack.Norm, _inputs[^1], gradient, wanted: true);
        for (int i = _stack.Depth - 1; i >= 0; i--)
        {
            int layer = i;
            _inputs[i + 1].Dispose();
            down = Again(x => _stack.Layer(layer, x, _pass), _inputs[i], down!, wanted: i > 0 || _embedded.requires_grad);
        }
        if (_embedded.requires_grad) _embedded.backward([down!]);
    }

    /// <summary>Computes a part again, with gradients this time; gives the gradient of its input, and frees that of its output.</summary>
    private static Tensor? Again(Func<Tensor, Tensor> part, Tensor input, Tensor gradient, bool wanted)
    {
        using var scope = NewDisposeScope();
        using var enabled = enable_grad();
        var leaf = input.detach();
        leaf.requires_grad = wanted;
        var output = part(leaf);
        if (output.requires_grad) output.backward([gradient]);
        gradient.Dispose();
        return wanted ? leaf.grad!.MoveToOuterDisposeScope() : null;
    }
}
