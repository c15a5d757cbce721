using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>SwiGLU (Shazeer 2020, equation 6): W_down (silu(W_gate x) ⊙ W_up x).</summary>
internal sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    private readonly Linear gate_proj, up_proj, down_proj;

    public FeedForward(ModelConfig config, ScalarType dtype, Device device) : base(nameof(FeedForward))
    {
        gate_proj = new Linear(config.HiddenSize, config.IntermediateSize, dtype, device);
        up_proj = new Linear(config.HiddenSize, config.IntermediateSize, dtype, device);
        down_proj = new Linear(config.IntermediateSize, config.HiddenSize, dtype, device);
        RegisterComponents();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public override Tensor forward(Tensor x) => down_proj.forward(nn.functional.silu(gate_proj.forward(x)) * up_proj.forward(x));
}
