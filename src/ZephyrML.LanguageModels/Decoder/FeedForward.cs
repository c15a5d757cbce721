using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>SwiGLU and its kin (Shazeer 2020, section 2): W_down (act(W_gate x) ⊙ W_up x), or without gate W_down act(W_up x).</summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor> _activation;
    private readonly bool _silu;
    private readonly int _width;
    private readonly Linear? gate_up_proj, gate_proj, up_proj;
    private readonly Linear down_proj;

    public FeedForward(ModelConfig config, ScalarType dtype, Device device) : base(nameof(FeedForward))
    {
        Linear New(int from, int to) => new(from, to, dtype, device, config.MlpBias, config.TransposedWeights);
        (_activation, _silu, _width) = (Activations.Get(config.HiddenAct), config.HiddenAct is "silu" or "swish", config.IntermediateSize);
        if (config.FeedForward == FeedForwardKind.GatedFused) gate_up_proj = New(config.HiddenSize, 2 * _width);
        else up_proj = New(config.HiddenSize, _width);
        if (config.FeedForward == FeedForwardKind.Gated) gate_proj = New(config.HiddenSize, _width);
        down_proj = New(_width, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public override Tensor forward(Tensor x)
    {
        if (gate_proj is not null) return down_proj.forward(Gate(gate_proj.forward(x), up_proj!.forward(x)));
        if (gate_up_proj is null) return down_proj.forward(_activation(up_proj!.forward(x)));
        var both = gate_up_proj.forward(x);
        return down_proj.forward(Gate(both.narrow(-1, 0, _width), both.narrow(-1, _width, _width)));
    }

    private Tensor Gate(Tensor gate, Tensor up) => _silu && FewNorms.Can(gate, _width) ? FewNorms.SiluTimes(gate, up) : _activation(gate) * up;
}
