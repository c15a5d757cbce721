using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ZephyrML.Training;

internal abstract partial class FlatOptimizer : ICheckpointed
{
    public void Save(CheckpointWriter to)
    {
        to.State["optimizer"] = new JsonObject { ["steps"] = Steps };
        using var scope = NewDisposeScope();
        to.Tensors(CheckpointFiles.Optimizer, Named());
    }

    public void Load(CheckpointReader from)
    {
        Steps = from.State["optimizer"]!["steps"]!.GetValue<int>();
        using var scope = NewDisposeScope();
        from.Fill(CheckpointFiles.Optimizer, Named());
    }

    /// <summary>Each weight's part of each moment.</summary>
    private List<(string Name, Tensor Tensor)> Named() =>
        [.. state.SelectMany((moment, i) => weights.Slots.Select(slot => (FormattableString.Invariant($"moment{i + 1}.{slot.Name}"), moment.narrow(0, slot.Offset, slot.Length).view(slot.Weight.shape))))];
}
