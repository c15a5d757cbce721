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

    /// <summary>Each weight's part of each moment, and of the masters where there are some.</summary>
    private List<(string Name, Tensor Tensor)> Named()
    {
        var buffers = state.Select((moment, i) => (FormattableString.Invariant($"moment{i + 1}"), moment));
        if (weights.HasMasters)
            buffers = buffers.Append(("master", weights.Values));
        return [.. buffers.SelectMany(buffer => weights.Slots.Select(slot => ($"{buffer.Item1}.{slot.Name}", buffer.moment.narrow(0, slot.Offset, slot.Length).view(slot.Weight.shape))))];
    }
}
