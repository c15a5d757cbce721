using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>A model in training: its passes, with what the options say about them.</summary>
internal static class TrainedModel
{
    /// <summary>Looks whether the model is what the options say.</summary>
    /// <exception cref="ArgumentException">Its weights are of another type.</exception>
    public static void Require(CausalLM model, TrainingOptions options, string stage)
    {
        var wanted = options.Precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        // An adapter's weights are float32 whatever is below it.
        if (model.Adapter is null && model.DataType != wanted)
            throw new ArgumentException($"{stage}: the model's weights are {model.DataType}, but option {nameof(options.Precision)} is {options.Precision}. Load the model as {wanted}, or set {nameof(options.Precision)} to what it is.");
    }

    /// <summary>A pass through the layers whose gradients are wanted.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Its input.</param>
    /// <param name="options">Recomputation, noise.</param>
    /// <param name="seed">Of the noise, for this pass.</param>
    public static TrainingPass Pass(CausalLM model, TokenBatch batch, TrainingOptions options, long seed) =>
        model.HiddenForTraining(batch.Ids, batch.Layout, options.RecomputeActivations, Noise(batch, options, model.Config.HiddenSize, seed)?.to(model.Device));

    /// <summary>NEFTune's noise, (B, T, C) on the CPU, so that equal seeds give equal noise on every device; or null.</summary>
    internal static Tensor? Noise(TokenBatch batch, TrainingOptions options, int hiddenSize, long seed)
    {
        if (options.NeftuneNoiseAlpha is not { } α || α == 0)
            return null;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed);
        var most = batch.DocumentLengths.mul(hiddenSize).rsqrt().mul(α).nan_to_num(0, 0, 0).unsqueeze(-1);             // (B, T, 1)
        return rand([.. batch.Ids.shape, hiddenSize], dtype: ScalarType.Float32, generator: generator).mul_(2).sub_(1).mul_(most).MoveToOuterDisposeScope();
    }
}
