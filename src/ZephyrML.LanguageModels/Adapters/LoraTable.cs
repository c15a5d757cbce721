using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A low-rank delta on an embedding: rows of s·(BA)ᵀ, or with a magnitude DoRA by columns.</summary>
internal sealed class LoraTable(AdapterSwitch state, Parameter a, Parameter b, Parameter? magnitude, double scale)
{
    /// <summary>(r, V)</summary>
    public Parameter A => a;

    /// <summary>(C, r)</summary>
    public Parameter B => b;

    /// <summary>(C) or null.</summary>
    public Parameter? Magnitude => magnitude;

    public double Scale => scale;

    public bool Active => state is { On: true, Merged: false };

    /// <summary>Adds to looked-up rows (..., C) of ids (...).</summary>
    public Tensor Forward(Tensor rows, Tensor ids, Tensor weight)
    {
        var low = a.index_select(1, ids.reshape(-1)).t().mm(b.t()).view(rows.shape) * scale;
        if (magnitude is null) return rows + low.to(rows.dtype);
        var factor = DoraFactors.Of(this, () => magnitude / Norm(weight));
        return (factor * (rows.to(a.dtype) + low)).to(rows.dtype);
    }

    /// <summary>s·(BA)ᵀ, (V, C).</summary>
    public Tensor Delta() => b.mm(a).t() * scale;

    /// <summary>Norm of each column, (C); no gradient.</summary>
    public Tensor Norm(Tensor weight)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return (weight.to(a.dtype) + Delta()).norm(dim: 0).MoveToOuterDisposeScope();
    }

    /// <summary>What the weight (V, C) becomes when this is merged into it.</summary>
    public Tensor Merged(Tensor weight)
    {
        using var scope = NewDisposeScope();
        var sum = weight.to(a.dtype) + Delta();
        if (magnitude is not null) sum = sum * (magnitude / Norm(weight));
        return sum.MoveToOuterDisposeScope();
    }
}
