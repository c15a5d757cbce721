using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Makes the norms that a configuration asks for.</summary>
internal static class Norms
{
    public static nn.Module<Tensor, Tensor> Of(ModelConfig config, long size, ScalarType dtype, Device device) => config.Norm == NormKind.Layer
        ? new LayerNorm(size, config.RmsNormEps, dtype, device)
        : new RmsNorm(size, config.RmsNormEps, dtype, device, config.Norm == NormKind.RmsFromOne);
}
