using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>A model's weights in a checkpoint: all of them, so that its folder is a model's folder, where all are trained; else those that are.</summary>
internal sealed class WeightsCheckpoint(CausalLM model, FlatParameters weights, TrainingContext context) : ICheckpointed
{
    private List<(string Name, Tensor Tensor)> Trained => [.. weights.Slots.Select(slot => (slot.Name, (Tensor)slot.Weight))];

    public void Save(CheckpointWriter to)
    {
        bool whole = model.NamedWeights.All(w => w.Weight.requires_grad);
        to.Tensors(whole ? CheckpointFiles.Weights : CheckpointFiles.TrainedWeights, whole ? [.. model.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))] : Trained);
        var files = context.ModelFiles?.ToList() ?? [];
        if (files.All(file => file.Name != CheckpointFiles.Config))
            to.Text(CheckpointFiles.Config, model.Config.ToJson());
        foreach (var (name, write) in files)
            to.File(name, write);
    }

    /// <summary>Whether all trained weights are numbers.</summary>
    public bool AreFinite()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return weights.Slots.All(slot => slot.Weight.isfinite().all().item<bool>());
    }

    public void Load(CheckpointReader from) => from.Fill(from.Has(CheckpointFiles.Weights) ? CheckpointFiles.Weights : CheckpointFiles.TrainedWeights, Trained);
}
