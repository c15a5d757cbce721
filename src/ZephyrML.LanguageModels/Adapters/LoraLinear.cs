using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A low-rank delta on a linear map: s·BA (LoRA, Hu et al. 2021, section 4.1), with a magnitude m the map m ∘ (W + s·BA)/‖W + s·BA‖ by rows, whose norm counts as a constant in the backward pass
/// (DoRA, Liu et al. 2024, equations 5 and 11).
/// </summary>
internal sealed class LoraLinear(AdapterSwitch state, Parameter a, Parameter b, Parameter? magnitude, Parameter? bias, double scale, double dropout, int layer)
{
    /// <summary>(r, in)</summary>
    public Parameter A => a;

    /// <summary>(out, r)</summary>
    public Parameter B => b;

    /// <summary>(out) or null.</summary>
    public Parameter? Magnitude => magnitude;

    /// <summary>(out) or null; scaled as the delta is.</summary>
    public Parameter? Bias => bias;

    public double Scale => scale;

    public bool Active => state is { On: true, Merged: false };

    /// <summary>(..., in) to (..., out), the map's own part included.</summary>
    public Tensor Forward(LinearMap map, Tensor x)
    {
        var own = map.Bias?.Current;
        var y = map.Plain(x, own);
        var input = x.dtype == a.dtype ? x : x.to(a.dtype);
        var dropped = state.Dropped(input, dropout, layer);
        var low = Linear.Apply(Linear.Apply(dropped ?? input, a), b, bias);
        if (magnitude is null) return low.dtype == y.dtype ? y.add(low, scale) : y + (low * scale).to(y.dtype);
        var factor = DoraFactors.Of(this, () => magnitude / Norm(map));                         // (out)
        var plain = dropped is null ? own is null ? y : y - own : map.Plain(dropped.to(x.dtype), null);
        return y + ((factor - 1) * plain + factor * scale * low).to(y.dtype);
    }

    /// <summary>s·BA, (out, in).</summary>
    public Tensor Delta() => b.mm(a) * scale;

    /// <summary>‖W + s·BA‖ of each row of the output, (out); no gradient.</summary>
    public Tensor Norm(LinearMap map)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return (map.Matrix().to(a.dtype) + Delta()).norm(dim: 1).MoveToOuterDisposeScope();
    }

    /// <summary>What the weight (out, in) becomes when this is merged into it.</summary>
    public Tensor Merged(LinearMap map)
    {
        using var scope = NewDisposeScope();
        var sum = map.Matrix().to(a.dtype) + Delta();
        if (magnitude is not null) sum = sum * (magnitude / Norm(map)).unsqueeze(1);
        return sum.MoveToOuterDisposeScope();
    }
}
