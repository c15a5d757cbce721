using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Rows of an embedding by id, with what may be laid on it: a low-rank adapter, or a copy of its weight.</summary>
internal sealed class LookupTable(Embedding embedding)
{
    /// <summary>(V, C)</summary>
    public WeightSlot Weight { get; } = new(embedding.weight);

    /// <summary>The adapter on top, or null.</summary>
    public LoraTable? Lora { get; set; }

    /// <summary>Ids (...) to rows (..., C).</summary>
    public Tensor Forward(Tensor ids)
    {
        var weight = Weight.Current;
        var rows = ReferenceEquals(weight, Weight.Base) ? embedding.forward(ids) : weight.index_select(0, ids.reshape(-1)).view([.. ids.shape, weight.shape[1]]);
        return Lora is { Active: true } lora ? lora.Forward(rows, ids, weight) : rows;
    }
}
