using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// A model's weights in a checkpoint. Where all are trained, all of them, so that its folder is a model's folder; where an adapter is trained, the adapter's files as PEFT has them; else those that are trained.
/// </summary>
internal sealed class WeightsCheckpoint(CausalLM model, FlatParameters weights, TrainingContext context) : ICheckpointed
{
    private List<(string Name, Tensor Tensor)> Trained => [.. weights.Slots.Select(slot => (slot.Name, (Tensor)slot.Weight))];

    private string WeightsFile => model.Adapter is not null ? CheckpointFiles.Adapter : model.Quantization is null && model.NamedWeights.All(w => w.Weight.requires_grad) ? CheckpointFiles.Weights : CheckpointFiles.TrainedWeights;

    public void Save(CheckpointWriter to)
    {
        var files = context.ModelFiles?.ToList() ?? [];
        if (model.Adapter is { } adapter)
        {
            files.AddRange(adapter.Files().ExceptBy(files.Select(file => file.Name), file => file.Name));
        }
        else
        {
            to.Tensors(WeightsFile, WeightsFile == CheckpointFiles.Weights ? [.. model.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))] : Trained);
            if (files.All(file => file.Name != CheckpointFiles.Config))
                to.Text(CheckpointFiles.Config, model.Config.ToJson());
        }
        foreach (var (name, write) in files)
            to.File(name, write);
    }

    /// <summary>Whether all trained weights are numbers.</summary>
    public bool AreFinite()
    {
        using var noGrad = no_grad();
        return weights.Slots.All(slot =>
        {
            using var scope = NewDisposeScope();
            return slot.Weight.isfinite().all().item<bool>();
        });
    }

    public void Load(CheckpointReader from) => from.Fill(WeightsFile, Trained);
}
