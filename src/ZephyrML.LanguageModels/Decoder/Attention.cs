using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Causal self-attention with rotary positions and grouped queries (Ainslie et al. 2023): H query heads share KV heads of keys and values.</summary>
internal sealed class Attention : nn.Module<Tensor, ForwardPass, Tensor>
{
    private readonly int _layer, _heads, _keyValueHeads, _headDim, _rotaryDim;
    private readonly bool _rotates, _slides, _byHead, _normWhole;
    private readonly double _scale;
    private readonly double? _softcap;
    private readonly Linear? qkv_proj, q_proj, k_proj, v_proj;
    private readonly Linear o_proj;
    private readonly nn.Module<Tensor, Tensor>? q_norm, k_norm;

    public Attention(ModelConfig config, int layer, ScalarType dtype, Device device) : base(nameof(Attention))
    {
        (_layer, _heads, _keyValueHeads, _headDim, _rotaryDim) = (layer, config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim, config.RotaryDim);
        (_rotates, _slides, _byHead) = (config.Rotates(layer), config.Slides(layer), config.QueryKeyValue == QueryKeyValueLayout.FusedByHead);
        _scale = (config.AttentionScale ?? 1 / Math.Sqrt(_headDim)) / (config.AttentionScaleByLayer ? layer + 1 : 1);
        _softcap = config.AttentionSoftcap;
        Linear Input(int heads) => new(config.HiddenSize, heads * _headDim, dtype, device, config.AttentionBias, config.TransposedWeights);
        if (config.QueryKeyValue == QueryKeyValueLayout.Separate) (q_proj, k_proj, v_proj) = (Input(_heads), Input(_keyValueHeads), Input(_keyValueHeads));
        else qkv_proj = Input(_heads + 2 * _keyValueHeads);
        o_proj = new Linear(_heads * _headDim, config.HiddenSize, dtype, device, config.AttentionOutputBias, config.TransposedWeights);
        if (config.QueryKeyNorm != QueryKeyNorm.None)
        {
            _normWhole = config.QueryKeyNorm == QueryKeyNorm.Whole;
            q_norm = Norms.Of(config, _normWhole ? _heads * _headDim : _headDim, dtype, device);
            k_norm = Norms.Of(config, _normWhole ? _keyValueHeads * _headDim : _headDim, dtype, device);
        }
        RegisterComponents();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public override Tensor forward(Tensor x, ForwardPass pass)
    {
        long B = x.shape[0], T = x.shape[1];
        var (q, k, v) = Project(x, B, T);                                                                  // (B, T, H or KV, D)
        if (_rotates && pass.Rotary(_slides) is var (cos, sin)) (q, k) = pass.Step is DecodeStep && FewNorms.Can(q, _headDim, _heads) && cos.dtype == ScalarType.Float32 ? (FewNorms.Rotate(q, cos, sin), FewNorms.Rotate(k, cos, sin)) : (Rotate(q, cos, sin), Rotate(k, cos, sin));
        if (pass.Step is DecodeStep own && own.Attend(_layer, q, k, v, _scale, _softcap) is { } attended) return o_proj.forward(attended.view(B, T, _heads * _headDim));
        (q, k, v) = (q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2));                             // (B, H or KV, T, D)
        if (pass.Step is { } step) (k, v) = step.Take(_layer, k, v);                                       // (B, KV, S, D)
        if (pass.Step is DecodeStep one) return o_proj.forward(AttendOne(q, k, v, one.Hidden(_layer)).view(B, T, _heads * _headDim));
        var bias = pass.Bias(_slides);
        var y = bias is null ? AttendFused(q, k, v, null)
            : x.device_type == DeviceType.CPU ? Attend(q, k, v, bias)
            : _softcap is null ? AttendFused(q, k, v, bias)
            : AttendEachHead(q, k, v, bias);
        return o_proj.forward(y.transpose(1, 2).reshape(B, T, _heads * _headDim));
    }

    private (Tensor Q, Tensor K, Tensor V) Project(Tensor x, long B, long T)
    {
        Tensor q, k, v;
        if (qkv_proj is null) (q, k, v) = (q_proj!.forward(x), k_proj!.forward(x), v_proj!.forward(x));
        else
        {
            var all = qkv_proj.forward(x);
            if (_byHead)
            {
                var heads = all.view(B, T, _heads, 3, _headDim);
                return (heads.select(3, 0), heads.select(3, 1), heads.select(3, 2));
            }
            int Q = _heads * _headDim, KV = _keyValueHeads * _headDim;
            (q, k, v) = (all.narrow(-1, 0, Q), all.narrow(-1, Q, KV), all.narrow(-1, Q + KV, KV));
        }
        if (_normWhole) (q, k) = (q_norm!.forward(q), k_norm!.forward(k));
        q = q.view(B, T, _heads, _headDim);
        k = k.view(B, T, _keyValueHeads, _headDim);
        if (q_norm is not null && !_normWhole) (q, k) = (q_norm.forward(q), k_norm!.forward(k));
        return (q, k, v.view(B, T, _keyValueHeads, _headDim));
    }

    /// <summary>rotate_half as Hugging Face has it, on the first numbers of each head where not all are rotated; see <see cref="RotaryTable"/> for the sign.</summary>
    private Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        if (_rotaryDim == _headDim) return (x * cos).addcmul(x.roll(_headDim / 2, -1), sin, 1);
        var part = x.narrow(-1, 0, _rotaryDim);
        var rotated = (part * cos).addcmul(part.roll(_rotaryDim / 2, -1), sin, 1);
        return cat([rotated, x.narrow(-1, _rotaryDim, _headDim - _rotaryDim)], -1);
    }

    // The queries of a group are laid under one another, so that keys and values need no copy for each query head.
    private Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor bias)
    {
        long B = q.shape[0], T = q.shape[2], S = k.shape[2];
        long groups = B * _keyValueHeads;
        q = (q * _scale).reshape(groups, -1, _headDim);                                                    // (B·KV, H/KV·T, D)
        var scores = Capped(q.bmm(k.reshape(groups, S, _headDim).transpose(1, 2))).add_(bias);             // (B·KV, H/KV·T, S)
        return scores.softmax(-1).bmm(v.reshape(groups, S, _headDim)).view(B, _heads, T, _headDim);
    }

    // One query a head: no mask but for what a row does not have.
    private Tensor AttendOne(Tensor q, Tensor k, Tensor v, Tensor? hidden)
    {
        long groups = q.shape[0] * _keyValueHeads, S = k.shape[2];
        var scores = Capped((q * _scale).reshape(groups, -1, _headDim).bmm(k.reshape(groups, S, _headDim).transpose(1, 2)));   // (B·KV, H/KV, S)
        if (hidden is not null) scores = scores + hidden;
        return scores.softmax(-1).bmm(v.reshape(groups, S, _headDim));
    }

    private Tensor AttendFused(Tensor q, Tensor k, Tensor v, Tensor? bias)
    {
        double factor = _scale * Math.Sqrt(_headDim);       // the fused kernel divides by √D itself
        if (Math.Abs(factor - 1) > 1e-12) q = q * factor;
        return nn.functional.scaled_dot_product_attention(q, ForEachHead(k), ForEachHead(v), bias!, is_casual: bias is null);
    }

    private Tensor AttendEachHead(Tensor q, Tensor k, Tensor v, Tensor bias)
    {
        var scores = Capped((q * _scale).matmul(ForEachHead(k).transpose(2, 3))).add_(bias);               // (B, H, T, S)
        return scores.softmax(-1).matmul(ForEachHead(v));
    }

    private Tensor Capped(Tensor scores) => _softcap is { } s ? (scores / s).tanh() * s : scores;

    private Tensor ForEachHead(Tensor x)                                                                   // (B, KV, S, D) to (B, H, S, D)
    {
        if (_heads == _keyValueHeads) return x;
        long B = x.shape[0], S = x.shape[2], n = _heads / _keyValueHeads;
        return x.unsqueeze(2).expand(B, _keyValueHeads, n, S, _headDim).reshape(B, _heads, S, _headDim);
    }
}
