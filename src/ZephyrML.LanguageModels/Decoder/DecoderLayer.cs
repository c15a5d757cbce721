using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Attention and feed-forward, each with norms around it as the configuration says, and added to the residual stream.</summary>
internal sealed class DecoderLayer : nn.Module<Tensor, ForwardPass, Tensor>
{
    private readonly double _residual;
    private readonly bool _parallel, _around;
    // Hugging Face's names: what stands after attention is the norm before the feed-forward part in most families, and a norm of attention's output in the others.
    private readonly nn.Module<Tensor, Tensor>? input_layernorm, pre_feedforward_layernorm, post_feedforward_layernorm;
    private readonly nn.Module<Tensor, Tensor> post_attention_layernorm;
    private readonly Attention self_attn;
    private readonly FeedForward mlp;

    public DecoderLayer(ModelConfig config, int layer, ScalarType dtype, Device device) : base(nameof(DecoderLayer))
    {
        nn.Module<Tensor, Tensor> Norm() => Norms.Of(config, config.HiddenSize, dtype, device);
        (_residual, _parallel, _around) = (config.ResidualMultiplier, config.ParallelResidual, config.NormPlacement != NormPlacement.Before);
        if (config.NormPlacement != NormPlacement.After) input_layernorm = Norm();
        self_attn = new Attention(config, layer, dtype, device);
        post_attention_layernorm = Norm();
        if (config.NormPlacement == NormPlacement.Around) pre_feedforward_layernorm = Norm();
        if (_around) post_feedforward_layernorm = Norm();
        mlp = new FeedForward(config, dtype, device);
        RegisterComponents();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public override Tensor forward(Tensor x, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        var attended = self_attn.forward(input_layernorm is null ? x : input_layernorm.forward(x), pass);
        if (_around) attended = post_attention_layernorm.forward(attended);
        var afterAttention = Add(x, attended);
        var into = _parallel ? x : afterAttention;
        var fed = mlp.forward((_around ? pre_feedforward_layernorm : post_attention_layernorm)?.forward(into) ?? into);
        if (_around) fed = post_feedforward_layernorm!.forward(fed);
        return Add(afterAttention, fed).MoveToOuterDisposeScope();
    }

    private Tensor Add(Tensor x, Tensor y) => _residual == 1 ? x + y : x.add(y, _residual);
}
