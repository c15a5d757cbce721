using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Causal self-attention with rotary positions and grouped queries (Ainslie et al. 2023): H query heads share KV heads of keys and values.</summary>
internal sealed class Attention : nn.Module<Tensor, ForwardPass, Tensor>
{
    private readonly int _layer, _heads, _keyValueHeads, _headDim;
    private readonly Linear q_proj, k_proj, v_proj, o_proj;

    public Attention(ModelConfig config, int layer, ScalarType dtype, Device device) : base(nameof(Attention))
    {
        (_layer, _heads, _keyValueHeads, _headDim) = (layer, config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim);
        q_proj = new Linear(config.HiddenSize, _heads * _headDim, dtype, device);
        k_proj = new Linear(config.HiddenSize, _keyValueHeads * _headDim, dtype, device);
        v_proj = new Linear(config.HiddenSize, _keyValueHeads * _headDim, dtype, device);
        o_proj = new Linear(_heads * _headDim, config.HiddenSize, dtype, device);
        RegisterComponents();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public override Tensor forward(Tensor x, ForwardPass pass)
    {
        long B = x.shape[0], T = x.shape[1];
        var q = Rotate(q_proj.forward(x).view(B, T, _heads, _headDim), pass).transpose(1, 2);              // (B, H, T, D)
        var k = Rotate(k_proj.forward(x).view(B, T, _keyValueHeads, _headDim), pass).transpose(1, 2);      // (B, KV, T, D)
        var v = v_proj.forward(x).view(B, T, _keyValueHeads, _headDim).transpose(1, 2);                    // (B, KV, T, D)
        if (pass.Cache is { } cache) (k, v) = cache.Append(_layer, k, v);                                  // (B, KV, S, D)
        var y = pass.Bias is { } bias && x.device_type == DeviceType.CPU ? Attend(q, k, v, bias) : AttendFused(q, k, v, pass.Bias);
        return o_proj.forward(y.transpose(1, 2).reshape(B, T, _heads * _headDim));
    }

    /// <summary>rotate_half as Hugging Face has it; see <see cref="RotaryTable"/> for the sign.</summary>
    private Tensor Rotate(Tensor x, ForwardPass pass) => (x * pass.Cos).addcmul(x.roll(_headDim / 2, -1), pass.Sin, 1);

    // The queries of a group are laid under one another, so that keys and values need no copy for each query head.
    private Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor bias)
    {
        long B = q.shape[0], T = q.shape[2], S = k.shape[2];
        long groups = B * _keyValueHeads;
        q = (q * (1 / Math.Sqrt(_headDim))).reshape(groups, -1, _headDim);                                 // (B·KV, H/KV·T, D)
        var scores = q.bmm(k.reshape(groups, S, _headDim).transpose(1, 2)).add_(bias);                     // (B·KV, H/KV·T, S)
        return scores.softmax(-1).bmm(v.reshape(groups, S, _headDim)).view(B, _heads, T, _headDim);
    }

    private Tensor AttendFused(Tensor q, Tensor k, Tensor v, Tensor? bias) =>
        nn.functional.scaled_dot_product_attention(q, ForEachHead(k), ForEachHead(v), bias!, is_casual: bias is null);

    private Tensor ForEachHead(Tensor x)                                                                   // (B, KV, S, D) to (B, H, S, D)
    {
        if (_heads == _keyValueHeads) return x;
        long B = x.shape[0], S = x.shape[2], n = _heads / _keyValueHeads;
        return x.unsqueeze(2).expand(B, _keyValueHeads, n, S, _headDim).reshape(B, _heads, S, _headDim);
    }
}
